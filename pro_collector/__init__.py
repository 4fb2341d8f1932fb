"""pro-collector: patient-reported outcomes by text and email, timed to each patient's treatment."""

from importlib.metadata import version

__version__ = version("pro-collector")
