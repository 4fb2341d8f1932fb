"""What each part of the product runs, one module for each: a process imports those of its own parts, and no other."""
