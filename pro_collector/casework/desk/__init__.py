"""The cases of a batch: locked, loaded, decided on, saved at once."""
