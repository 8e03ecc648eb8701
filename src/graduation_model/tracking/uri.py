"""A folder and the environment come in; the address of the tracking store, and of its files, goes out."""

from __future__ import annotations

import os
import re
from pathlib import Path

from graduation_model.errors import ConfigError

_SQLITE = "sqlite:///"


def tracking_uri(default_folder: Path) -> str:
    """Return `MLFLOW_TRACKING_URI` where it is set, else a SQLite store in `default_folder`.

    Raises
    ------
    ConfigError
        Where that folder's name cannot stand in an address.

    Examples
    --------
    >>> import os
    >>> _ = os.environ.pop("MLFLOW_TRACKING_URI", None)
    >>> tracking_uri(Path("/srv/programme"))
    'sqlite:////srv/programme/mlflow.db'
    """
    set_by_user = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not set_by_user and "?" in str(default_folder.absolute()):
        # Behind a question mark an address has settings: MLflow would look for another file, for minutes.
        raise ConfigError(
            "A tracking store cannot lie below a folder with '?' in its name",
            where=default_folder,
            mend="Give another --tracking, or set MLFLOW_TRACKING_URI",
        )
    return set_by_user or f"{_SQLITE}{(default_folder / 'mlflow.db').absolute()}"


def sqlite_path(uri: str) -> Path | None:
    """The file behind a SQLite store; None for a server or another database.

    Examples
    --------
    >>> sqlite_path("sqlite:////srv/programme/mlflow.db").as_posix()
    '/srv/programme/mlflow.db'
    >>> sqlite_path("https://mlflow.example") is None
    True
    """
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def artifact_root(uri: str) -> str | None:
    """Where runs keep their files: beside a SQLite store, else where the server says (None).

    MLflow's own default, `./mlruns`, would scatter them over whichever folder a command was started in.
    """
    database = sqlite_path(uri)
    return None if database is None else (database.absolute().parent / "mlartifacts").as_uri()


def shown(uri: str) -> str:
    """The address without the user and password that it may hold.

    Examples
    --------
    >>> shown("https://ani:rahasia@mlflow.example/")
    'https://mlflow.example/'
    """
    return re.sub(r"(?<=://)[^/@]*@", "", uri)
