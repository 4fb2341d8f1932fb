"""Working on cases: lock and load participants, carry out what the pure core decided, save all of it at once."""
