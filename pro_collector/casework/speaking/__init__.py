"""The text of a message about a survey, its links, and the time until which it may arrive."""
