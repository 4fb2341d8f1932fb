"""Measures conversations from end to end: how many turns a second, what each costs, how long a patient waits."""
