"""What study teams do: apply a study, enrol people, say what happened; the CLI and the API call these."""
