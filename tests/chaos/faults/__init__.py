"""The faults of `make chaos`, by what they strike."""

from tests.chaos.faults import carrier, clocks, kafka, people, postgres, processes
from tests.chaos.faults.fault import FAULTS, Fault, chosen, left_out

__all__ = ["FAULTS", "Fault", "carrier", "chosen", "clocks", "kafka", "left_out", "people", "postgres", "processes"]
