"""Questionnaires and results in the formats of others: FHIR, REDCap."""
