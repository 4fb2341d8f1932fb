"""The cases of a batch of events: lock and load them, record decisions about them, save everything together."""
