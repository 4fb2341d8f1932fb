"""The API: what the pages of the team show and do, for programs."""
