"""From answers to scores: rules, missing answers, rounding."""
