"""The research model: its tables, and what is computed from them. Pure."""
