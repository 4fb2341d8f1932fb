"""News of scores for open pages, and the charts of the demonstration."""
