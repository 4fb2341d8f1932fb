"""A questionnaire: definition, items, texts, branching, and the checks of all of them."""
