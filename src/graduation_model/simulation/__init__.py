"""A synthetic province with known truth."""

from graduation_model.simulation.params import SimulationParams
from graduation_model.simulation.province import Province, simulate

__all__ = ["Province", "SimulationParams", "simulate"]
