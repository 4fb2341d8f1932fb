"""Inbound texts and mails: stored first, then read, then acted on."""
