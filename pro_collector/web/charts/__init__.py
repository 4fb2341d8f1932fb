"""Charts of scores, and the page that shows them live."""
