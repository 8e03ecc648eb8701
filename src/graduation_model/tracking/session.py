"""A tracking address comes in; a quiet MLflow client goes out, whose failures are one line that says what to do."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from graduation_model.errors import MissingModel, ModelError, OutputError, UserError, pass_on_want_of_memory
from graduation_model.tracking.uri import shown, sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Set only where the user has not. MLflow reads the first ones when it is imported.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a programme's machine reports to nobody
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a uv.lock of whichever folder this runs in becomes part of the model
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # MLflow's seven keep a person waiting four minutes for a wrong address
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}


def import_mlflow() -> ModuleType:
    """Import MLflow without telemetry, progress bars, or lines on stdout."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        # mlflow.pyfunc warns about typing.Any hints of its own modules.
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc
    for name in ("mlflow", "alembic"):
        # A host program may have imported MLflow before us, at its chattier level.
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
    # Older versions let alembic set its level back on each store opened; a filter survives that.
    logging.getLogger("alembic.runtime.migration").addFilter(_not_chatter)
    # A store that is locked or full: MLflow prints what `translated` says in one line, with the values of its query.
    logging.getLogger("mlflow.store.db.utils").addFilter(_no_traceback)
    return mlflow


def _not_chatter(entry: logging.LogRecord) -> bool:
    return entry.levelno >= logging.WARNING


def _no_traceback(entry: logging.LogRecord) -> bool:
    return entry.exc_info is None


def open_client(uri: str, *, create: bool = False) -> MlflowClient:
    """Return a client of a tracking store that is there, or may be made.

    Raises
    ------
    ModelError
        The SQLite store does not exist and `create` is false: asking for a model must not make an empty registry.
    OutputError
        Its folder cannot be made.
    """
    database = sqlite_path(uri)
    if database is not None and not create and not database.is_file():
        raise MissingModel(
            "There is no tracking store here",
            where=shown(uri),
            mend="Train first, or set MLFLOW_TRACKING_URI to the store that holds the model",
        )
    if database is not None and create:
        _make_room(database)
    # MLflow opens its store when a client is made: here too its own warnings and errors are ours to translate.
    client: MlflowClient = import_mlflow().MlflowClient(tracking_uri=uri)
    return client


def reach(uri: str) -> None:
    """Ask a tracking store whether it answers, before hours of work are lost to that; one that is yet to be made does.

    Raises
    ------
    ModelError
        It does not.
    """
    database = sqlite_path(uri)
    if database is None or database.is_file():
        with translated(uri, doing="looking for it"):
            open_client(uri).search_experiments(max_results=1)


def _make_room(database: os.PathLike[str]) -> None:
    folder = os.path.dirname(os.path.abspath(database))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(
            "The tracking store's folder cannot be made",
            where=folder,
            mend="Take another --out, or set MLFLOW_TRACKING_URI",
        ) from error
    # SQLAlchemy would try ten times, for minutes.
    if not os.access(folder, os.W_OK):
        raise OutputError(
            "The tracking store's folder cannot be written",
            where=folder,
            mend="Take another --out, or set MLFLOW_TRACKING_URI",
        )


def is_registered(client: MlflowClient, name: str) -> bool:
    """Tell whether the registry knows a model of this name."""
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException as error:
        if is_missing(error):
            return False
        raise
    return True


def is_missing(error: Exception) -> bool:
    """Tell MLflow's "no such thing" from its other failures."""
    return getattr(error, "error_code", "") in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")


@contextmanager
def translated(uri: str, *, doing: str) -> Iterator[None]:
    """Turn what MLflow and its transports raise into one line; what is a bug of ours stays as it is."""
    with warnings.catch_warnings(), _root_logger_kept():
        for category, module in _OWN_WARNINGS:
            warnings.filterwarnings("ignore", category=category, module=module)
        try:
            yield
        except UserError:
            raise
        except _mlflow_failures() as error:
            pass_on_want_of_memory(error)
            raise _as_user_error(error, uri, doing) from error


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """Older MLflow versions replace the host's handlers by alembic's when they open a database."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


# Deprecations inside MLflow and SQLAlchemy: nothing that a user of ours, or we, can mend.
_OWN_WARNINGS: tuple[tuple[type[Warning], str], ...] = (
    (Warning, r"mlflow(\..*)?$"),
    (Warning, r"sqlalchemy(\..*)?$"),
    (Warning, r"alembic(\..*)?$"),
)


def _mlflow_failures() -> tuple[type[Exception], ...]:
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, RequestException, SQLAlchemyError


def _as_user_error(error: Exception, uri: str, doing: str) -> UserError:
    said = str(error)
    if re.search(r"Max retries exceeded|ConnectionError|failed with exception|timed out|could not be created", said):
        return ModelError(
            f"The tracking store does not answer while {doing}",
            where=shown(uri),
            mend="Check MLFLOW_TRACKING_URI and the network, then run again",
        )
    if is_missing(error):
        return MissingModel(
            f"Nothing of that name was found while {doing}",
            where=shown(uri),
            mend="Check the model's name and version, and MLFLOW_TRACKING_URI",
        )
    if getattr(error, "error_code", "") in ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"):
        return ModelError(
            f"The tracking store refused us while {doing}",
            where=shown(uri),
            mend="Check MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD or MLFLOW_TRACKING_TOKEN",
        )
    # MLflow's own words only as far as the first line: what follows may quote a request.
    reason = shown(said.strip().splitlines()[0][:160] if said.strip() else type(error).__name__)
    return ModelError(
        f"The tracking store failed while {doing} ({reason})", where=shown(uri), mend="Check the store, then run again"
    )
