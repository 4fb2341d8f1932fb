"""Alerts: the rules that raise them, their life until somebody says what was done, and who is told."""
