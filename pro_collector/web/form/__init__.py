"""The web form on which patients answer."""
