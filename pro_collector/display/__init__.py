"""How the record is shown to the study team: tasks, history, explained scores, questionnaires."""
