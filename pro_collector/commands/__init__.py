"""The commands of study teams: apply a study, enrol people, record events. The CLI and the API call them."""
