"""A leaf per provider, both directions."""
