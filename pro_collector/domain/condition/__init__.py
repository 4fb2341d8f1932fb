"""Conditions on what a person answered, missed and was treated with: one language for every rule that needs one."""
