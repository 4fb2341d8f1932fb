"""All code that uses FastStream or aiokafka: connecting, consuming, publishing, topics."""
