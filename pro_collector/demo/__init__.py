"""The demonstration: the whole product with synthetic people, with a page for a participant or without."""
