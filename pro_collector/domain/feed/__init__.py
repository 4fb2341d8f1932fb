"""Treatment records of other systems: reads them, and decides how they change the record."""
