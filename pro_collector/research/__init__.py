"""The research model as files: every output for researchers."""
