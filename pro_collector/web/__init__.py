"""Every HTTP route."""
