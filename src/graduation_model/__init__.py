"""Readiness to leave a cash-aid programme and stay out of poverty: models, exact reasons, lists that people sign.

Every command of `graduation-model` is a function here with the same name and arguments (`suggest` is
`check --suggest`):

>>> import graduation_model
>>> callable(graduation_model.train)
True
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "check",
    "compare",
    "demo",
    "dictionary",
    "due",
    "form",
    "history",
    "monitor",
    "new",
    "outcomes",
    "promote",
    "record_correct",
    "record_delete",
    "record_export",
    "replay",
    "report",
    "retrain",
    "score",
    "select",
    "simulate",
    "suggest",
    "train",
]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: `import graduation_model` and `--help` stay quick.
    if name in __all__:
        return getattr(import_module(f"graduation_model.commands.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
