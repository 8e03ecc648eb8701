"""A synthetic province with known truth."""

from graduation_model.simulation.calibration import Figure, calibration
from graduation_model.simulation.params import PROVINCES, SimulationParams
from graduation_model.simulation.province import Province, simulate

__all__ = ["PROVINCES", "Figure", "Province", "SimulationParams", "calibration", "simulate"]
