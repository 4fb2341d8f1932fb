"""The file of a backup: encrypted in chunks, with the rows of every table and a digest of each."""
