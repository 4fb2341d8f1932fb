"""The outside world from wheels: a PostgreSQL server and a Kafka-protocol broker run as child processes."""
