"""What a text reply means: tokens, spelling, the words a question accepts, and the one reading, if any."""
