"""People of the study team who sign in: what each role may do where, and the rules of signing in. Pure functions."""
