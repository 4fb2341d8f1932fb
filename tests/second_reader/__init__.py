"""Trains the second reader from the hand-written replies: `make second-reader`."""
