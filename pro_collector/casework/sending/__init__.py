"""The steps of the sender: claim a message, hand it over to a provider, record the outcome."""
