"""What the sender does with a message: claim it, hand it to a provider, record what became of it."""
