"""What is asked, what follows from a reply, and what may be said to whom."""
