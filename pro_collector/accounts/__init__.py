"""People who sign in, and programs with tokens: invited, with roles, signed in and out. Each change is recorded."""
