"""What comes in by text or mail: stored first, then read, then acted on."""
