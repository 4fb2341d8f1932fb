"""Works on cases: locks and loads participants, carries out what the pure core decided, saves it in one transaction."""
