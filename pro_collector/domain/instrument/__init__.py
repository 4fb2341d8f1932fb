"""A questionnaire: definition, items, words, branching, and the checks of all of them."""
