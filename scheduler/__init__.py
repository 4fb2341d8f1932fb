"""Decides when a survey is asked: schedules, local time and plans. Pure: no import of pro_collector and no I/O."""
