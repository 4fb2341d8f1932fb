"""The form on which patients answer."""
