"""What a training leaves behind: plain values that come in from `train` and go to MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

Scalar = str | int | float | bool | None


def registered_name(programme: str, label_kind: str) -> str:
    """Return the name under which a programme's models of one kind of label are registered.

    Examples
    --------
    >>> registered_name("jamsosratu", "sustained_exit"), registered_name("jamsosratu", "next_wave")
    ('jamsosratu', 'jamsosratu-next-wave')
    """
    return programme if label_kind == "sustained_exit" else f"{programme}-{label_kind.replace('_', '-')}"


@dataclass(frozen=True)
class TrainingRecord:
    """Everything that a run stores. None of it may hold a household's values.

    Attributes
    ----------
    programme : str
        The experiment's name, and the registered model's, but for the kind of label (`registered_name`).
    params : mapping of str to scalar
        Settings and counts.
    datasets : mapping of str to (sha256, rows)
        The inputs by name; their content stays where it is.
    evaluation : frame
        `evaluation` of docs/reference/tables.md.
    figures : mapping of file name to PNG bytes
    artifacts : mapping of file name to text or bytes
    bundle_folder : Path
        What `save_bundle` wrote.
    example : frame
        Input of one made-up family, from the instrument: it is stored with the model for whoever serves it.
    notes : tuple of str
        What a reader of the run must know: years left out, warnings of a leak.
    label : str
        What the probability means, in words.
    label_kind : str
        Which kind of label that is: it stands in the registered model's name where it is a stand-in.
    simulated : bool
        Trained on invented families.
    """

    programme: str
    params: Mapping[str, Scalar]
    datasets: Mapping[str, tuple[str, int]]
    evaluation: pd.DataFrame
    bundle_folder: Path
    example: pd.DataFrame
    figures: Mapping[str, bytes] = field(default_factory=dict)
    artifacts: Mapping[str, bytes | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    label: str = ""
    label_kind: str = "sustained_exit"
    simulated: bool = False

    @property
    def model(self) -> str:
        """The registered model's name."""
        return registered_name(self.programme, self.label_kind)


@dataclass(frozen=True)
class RegisteredVersion:
    """A model as the registry names it."""

    name: str
    version: str
    run_id: str

    @property
    def address(self) -> str:
        """The address that `score --model` takes.

        Examples
        --------
        >>> RegisteredVersion("jamsosratu", "3", "0a").address
        'models:/jamsosratu/3'
        """
        return f"models:/{self.name}/{self.version}"
