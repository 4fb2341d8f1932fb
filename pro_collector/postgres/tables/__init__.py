"""One module for each table, or for the few tables that are always written together."""
