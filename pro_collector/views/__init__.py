"""What people and programs look at: one function for each page or answer, with a typed result; looks are recorded."""
