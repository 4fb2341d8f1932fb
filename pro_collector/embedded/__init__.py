"""Servers installed from wheels: PostgreSQL and a Kafka-protocol broker, run as child processes."""
