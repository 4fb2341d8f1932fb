"""Rehearsal on paper: whole studies with made-up people in virtual time, through the real planner and survey."""
