"""Every line that knows FastStream."""
