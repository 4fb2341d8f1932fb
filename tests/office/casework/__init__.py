"""Rules of casework, on real rows."""
