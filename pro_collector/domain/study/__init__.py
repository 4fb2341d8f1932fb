"""The study file: its model, checks and amendments; timelines of treatment; participant files."""
