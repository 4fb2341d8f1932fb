"""Charts of scores, and the live dashboard."""
