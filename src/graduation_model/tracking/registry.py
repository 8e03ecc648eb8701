"""A model's address comes in; a bundle's folder goes out. And: which version is the champion, by whose word."""

from __future__ import annotations

import atexit
import logging
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from graduation_model.errors import ConfigError, MissingModel, ModelError, pass_on_want_of_memory
from graduation_model.shipped import here_or_shipped
from graduation_model.tracking.session import import_mlflow, is_missing, is_registered, open_client, translated
from graduation_model.tracking.uri import shown, sqlite_path

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous_champion"
UNREGISTERED = "unregistered"
_SCHEME = "models:/"
_ADDRESS = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>[0-9]+))")


@dataclass(frozen=True)
class LocatedBundle:
    """A bundle's folder on this machine, and what the registry calls it (`unregistered` for a plain folder)."""

    folder: Path
    name: str
    version: str


def is_registry_address(address: str | Path) -> bool:
    """Tell a registry's address from a folder.

    Examples
    --------
    >>> is_registry_address("models:/jamsosratu@champion"), is_registry_address("out/train/bundle")
    (True, False)
    """
    return str(address).startswith(_SCHEME)


def locate(address: str | Path, *, uri: str) -> LocatedBundle:
    """Find a bundle, by folder or in the registry.

    Parameters
    ----------
    address : str or Path
        `models:/name@champion`, `models:/name/3`, a bundle's folder, or the `train --out` folder that holds one;
        `models/jamsosratu-simulated` comes with the package.
    uri : str
        The tracking store; not touched for a folder.

    Raises
    ------
    ModelError
        There is no such folder, model, version or alias, or the store does not answer.
    """
    if not is_registry_address(address):
        return LocatedBundle(_bundle_in(Path(address)), name=UNREGISTERED, version=UNREGISTERED)
    name, version, alias = _parsed(str(address))
    with _registry(uri, doing=f"looking for {address}") as client:
        # The alias is followed once: a promotion in between cannot give one version's number to another's bundle.
        number = _version_behind(client, name, alias) if alias else _existing(client, name, version)
        return LocatedBundle(_fetched(client, name, number, uri), name=name, version=number)


@dataclass(frozen=True)
class RegisteredRun:
    """A registered version and the files that its run keeps, on this machine."""

    name: str
    version: str
    files: dict[str, Path]


def champion_version(name: str, *, uri: str) -> str | None:
    """Return the version that is the champion, or None where there is none yet."""
    with _registry(uri, doing=f"looking for the champion of {name}") as client:
        _check_model(client, name, uri)
        return _aliased(client, name, CHAMPION)


def read_run(name: str, version: str, wanted: Collection[str], *, uri: str) -> RegisteredRun:
    """Fetch files that the run of a version keeps; a file that it does not keep is left out.

    Raises
    ------
    ModelError
        There is no such model or version, or the store does not answer.
    """
    with _registry(uri, doing=f"reading the run of version {version} of {name}") as client:
        version = _existing(client, name, str(version))
        run_id = str(client.get_model_version(name, version).run_id)
        try:
            kept = {item.path for item in client.list_artifacts(run_id)}
        except _mlflow_exception() as error:
            if not is_missing(error):
                raise
            kept = set()
        home = str(client.get_run(run_id).info.artifact_uri)
        files = {file: _kept_file(f"{home}/{file}", version, name, uri) for file in sorted({*wanted} & kept)}
    return RegisteredRun(name, version, files)


def record_verdict(
    name: str, version: str, *, opens: bool, approver: str, codes: Collection[str], files: Mapping[str, str], uri: str
) -> None:
    """Keep what the gate said of a version: as tags of the version, and as files in its run.

    Parameters
    ----------
    codes : collection of str
        Of the reasons.
    files : mapping of file name to text
        Stored in the run's folder `gate`; a later verdict replaces them.
    """
    with _registry(uri, doing=f"keeping the verdict on version {version} of {name}") as client:
        said = {"gate.opens": str(opens).lower(), "gate.approver": approver.strip(), "gate.reasons": ", ".join(codes)}
        for tag, value in said.items():
            client.set_model_version_tag(name, version, tag, value)
        run_id = str(client.get_model_version(name, version).run_id)
        for file, content in files.items():
            client.log_text(run_id, content, f"gate/{file}")


def _mlflow_exception() -> type[Exception]:
    from mlflow.exceptions import MlflowException

    return MlflowException


def promote(name: str, version: str, *, approver: str, uri: str, reason: str = "") -> str:
    """Make a version the champion, and keep the former one for `rollback`.

    Parameters
    ----------
    approver : str
        Who answers for it; stored with the version.
    reason : str
        What the gate said.

    Returns
    -------
    str
        The version that is the champion now.

    Raises
    ------
    ConfigError
        Nobody approves.
    ModelError
        There is no such version, or it is the champion already.
    """
    _check_approver(approver)
    with _registry(uri, doing=f"promoting version {version} of {name}") as client:
        version = _existing(client, name, str(version))
        previous = _aliased(client, name, CHAMPION)
        if previous == version:
            raise ModelError(
                f"Version {version} of {name} is the champion already", where=shown(uri), mend="Promote another version"
            )
        _tag(client, name, version, approver=approver, reason=reason, prefix="promotion")
        if previous is not None:
            client.set_registered_model_alias(name, PREVIOUS, previous)
        if _aliased(client, name, CHALLENGER) == version:
            client.delete_registered_model_alias(name, CHALLENGER)
        # Last: where it is cut off before, the same command completes it.
        client.set_registered_model_alias(name, CHAMPION, version)
    logger.info("version %s of %s is the champion", version, name)
    return version


def rollback(name: str, *, approver: str, uri: str, reason: str = "") -> str:
    """Make the former champion the champion again: one step, which cannot be rolled back itself.

    Returns
    -------
    str
        The version that is the champion again.

    Raises
    ------
    ConfigError
        Nobody approves.
    ModelError
        There is no former champion.
    """
    _check_approver(approver)
    with _registry(uri, doing=f"rolling {name} back") as client:
        _check_model(client, name, uri)
        back, left = _aliased(client, name, PREVIOUS), _aliased(client, name, CHAMPION)
        if back is None:
            raise ModelError(
                f"{name} has no former champion to go back to", where=shown(uri), mend="Promote the version you want"
            )
        if left not in (None, back):  # the same, where a rollback was cut off before its last line
            _tag(client, name, left, approver=approver, reason=reason, prefix="rollback")
        client.set_registered_model_alias(name, CHAMPION, back)
        client.delete_registered_model_alias(name, PREVIOUS)
    logger.info("version %s of %s is the champion again", back, name)
    return back


def first_registered(names: Sequence[str], *, uri: str, alias: str | None = None) -> str:
    """Return the first of some names that is registered, and has the alias where one is given; else the first name.

    A programme that has no sustained exits yet goes on with a model of a stand-in label, until it has.
    """
    database = sqlite_path(uri)
    if database is not None and not database.is_file():
        return names[0]
    with _registry(uri, doing="looking for the programme's models") as client:
        for name in names:
            if is_registered(client, name) and (alias is None or _aliased(client, name, alias) is not None):
                return name
    return names[0]


@contextmanager
def _registry(uri: str, *, doing: str) -> Iterator[MlflowClient]:
    with translated(uri, doing=doing):
        yield open_client(uri)


def _parsed(address: str) -> tuple[str, str, str]:
    """Name, version, alias; one of the last two is empty."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ModelError(
            "This is no model's address",
            where=address,
            mend="Write models:/name@champion, models:/name/3, or a bundle's folder",
        )
    return found["name"], found["version"] or "", found["alias"] or ""


def _bundle_in(folder: Path) -> Path:
    for place in here_or_shipped(folder):
        for candidate in (place, place / "bundle"):
            if (candidate / "bundle.json").is_file():
                return candidate
    raise MissingModel(
        "There is no bundle in this folder",
        where=folder,
        mend="Give the folder that holds bundle.json, or an address such as models:/name@champion",
    )


def _check_model(client: MlflowClient, name: str, uri: str) -> None:
    if not is_registered(client, name):
        raise MissingModel(
            f"The registry has no model {name}",
            where=shown(uri),
            mend="Mend its name, train first, or set MLFLOW_TRACKING_URI to the store that holds it",
        )


def _aliased(client: MlflowClient, name: str, alias: str) -> str | None:
    """The version behind an alias, or None."""
    version = client.get_registered_model(name).aliases.get(alias)
    return None if version is None else str(version)


def _version_behind(client: MlflowClient, name: str, alias: str) -> str:
    _check_model(client, name, client.tracking_uri)
    version = _aliased(client, name, alias)
    if version is None:
        known = ", ".join(sorted(client.get_registered_model(name).aliases)) or "none"
        raise MissingModel(
            f"{name} has no {alias}",
            where=shown(client.tracking_uri),
            mend=f"Promote a version first, or take another alias (there is: {known})",
        )
    return version


def _existing(client: MlflowClient, name: str, version: str) -> str:
    _check_model(client, name, client.tracking_uri)
    known = sorted(int(found.version) for found in client.search_model_versions(f"name = '{name}'"))
    if not version.isdecimal() or int(version) not in known:
        raise MissingModel(
            f"{name} has no version {version}",
            where=shown(client.tracking_uri),
            mend=f"Take one of {', '.join(map(str, known[-5:]))}",
        )
    return str(int(version))


def _fetched(client: MlflowClient, name: str, version: str, uri: str) -> Path:
    """The bundle inside a registered model: in place where the store's files are on this machine, else a copy."""
    from mlflow.models import Model

    stored = client.get_model_version_download_uri(name, version)
    # Files of another machine may be there and not come through: MLflow calls a full disk a missing file.
    kind = MissingModel if _is_here(stored) else ModelError
    gone = kind(
        f"The files of version {version} of {name} are gone",
        where=shown(uri),
        mend="Restore the store's mlartifacts folder, or train again",
    )
    model = _downloaded(stored, uri)
    if model is None or not (model / "MLmodel").is_file():
        raise gone
    bundle = model / str(Model.load(str(model)).flavors["python_function"].get("data"))
    if not bundle.is_dir():
        raise gone
    return bundle


def _kept_file(stored: str, version: str, name: str, uri: str) -> Path:
    """A file that a run is known to keep."""
    cause = None
    try:
        if path := _downloaded(stored, uri):
            return path
    except _mlflow_exception() as error:
        pass_on_want_of_memory(error)
        cause = error
    raise ModelError(
        f"The files that the run of version {version} of {name} keeps cannot be fetched",
        where=shown(uri),
        mend="Check the free space for temporary files, your rights to the store's files, and the network",
    ) from cause


def _downloaded(stored: str, uri: str) -> Path | None:
    """What the store keeps under an address: in place where that is on this machine, else a copy; None if it is gone.

    In place nothing is copied, and MLflow starts no thread: one that finds no memory to begin with leaves Python
    waiting for it for ever (python/cpython issue 140746).
    """
    mlflow = import_mlflow()
    destination = None if _is_here(stored) else _temporary_folder()
    if stored.startswith("file:") and not _as_path(stored).exists():
        return None  # MLflow's versions differ in how they say it
    try:
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=stored, dst_path=destination, tracking_uri=uri))
    except mlflow.exceptions.MlflowException as error:
        if is_missing(error):
            return None
        raise


def _is_here(stored: str) -> bool:
    return stored.startswith(("/", "file:"))


def _as_path(stored: str) -> Path:
    return Path(url2pathname(urlsplit(stored).path))


def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="graduation-model-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _check_approver(approver: str) -> None:
    if not approver.strip():
        raise ConfigError("Nobody approves", where="--approver", mend="Name who answers for it")


def _tag(client: MlflowClient, name: str, version: str, *, approver: str, reason: str, prefix: str) -> None:
    client.set_model_version_tag(name, version, f"{prefix}.approver", approver.strip())
    client.set_model_version_tag(name, version, f"{prefix}.reason", reason or "none given")
