"""One file per consumed event: lock, load, decide (pure), save."""
