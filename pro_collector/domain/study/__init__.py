"""The study file: what it says, its checks, amendments, timelines, and files of participants."""
