"""Tracking: the only room that knows MLflow. Runs and registered models; it draws no figure and decides nothing."""

from graduation_model.tracking.memory import Memory, Step, recall, remember
from graduation_model.tracking.record import RegisteredVersion, TrainingRecord, registered_name
from graduation_model.tracking.registry import (
    LocatedBundle,
    RegisteredRun,
    champion_version,
    first_registered,
    is_registry_address,
    locate,
    promote,
    read_run,
    record_verdict,
    rollback,
)
from graduation_model.tracking.runs import log_training
from graduation_model.tracking.session import reach
from graduation_model.tracking.uri import tracking_uri

__all__ = [
    "LocatedBundle",
    "Memory",
    "RegisteredRun",
    "RegisteredVersion",
    "Step",
    "TrainingRecord",
    "champion_version",
    "first_registered",
    "is_registry_address",
    "locate",
    "log_training",
    "promote",
    "reach",
    "read_run",
    "recall",
    "record_verdict",
    "registered_name",
    "remember",
    "rollback",
    "tracking_uri",
]
