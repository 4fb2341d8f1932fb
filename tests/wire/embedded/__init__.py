"""The servers that come as wheels: they start, serve, stop, and leave nothing behind."""
