"""Monitoring: this wave against the one before, and each facilitator against the others."""

from graduation_model.monitoring.monitor import Monitored, monitor_wave
from graduation_model.monitoring.params import MonitoringParams

__all__ = ["Monitored", "MonitoringParams", "monitor_wave"]
