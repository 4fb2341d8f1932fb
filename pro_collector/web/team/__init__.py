"""The study team's pages: signing in and out, invitations, one's own account; and the guard of every other page."""
