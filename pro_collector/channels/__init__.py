"""One module or package for each provider: sending messages, and reading what the provider reports."""
