"""The conversation with a reporter: which question is asked, what a reply does, and whether a message may be sent."""
