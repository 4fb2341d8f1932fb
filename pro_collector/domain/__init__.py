"""WHAT: the rules of the field as pure functions; no I/O, no clock, no randomness, no async."""
