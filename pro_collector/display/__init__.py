"""Formats the record for the study team: tasks, histories, alerts, explained scores, questionnaires."""
