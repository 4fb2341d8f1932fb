"""All HTTP routes: the form, webhooks, dashboards, metrics."""
