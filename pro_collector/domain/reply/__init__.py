"""What a text reply means: tokens, spelling, the words that a question accepts, and the reading of a reply."""
