"""The words of a message about a survey, and when it may arrive."""
