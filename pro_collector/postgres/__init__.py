"""Every SQL statement, one module of queries per table."""
