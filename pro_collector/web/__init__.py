"""All HTTP routes: the form, webhooks, the team's pages, metrics."""
