"""Simulates whole studies: made-up participants in virtual time, with the real planner and survey."""
