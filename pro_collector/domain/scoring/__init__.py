"""Computes scores from answers: rules, missing answers, rounding."""
