"""One file for each consumed event: lock, load, decide (pure), save."""
