"""WHEN: schedules, local time and plans. Pure: imports nothing of pro_collector and does no I/O."""
