"""What every command reads the same way: a programme, a date, a data folder."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.commands.lock import locked
from graduation_model.commands.outputs import PARTIAL, manifest_in
from graduation_model.commands.progress import step
from graduation_model.config import Programme, load_programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import ConfigError, DataError, MissingModel, ModelError, UserError, pass_on_want_of_memory
from graduation_model.estimators.bundle import Bundle, load_bundle
from graduation_model.evaluation.knowledge import Past
from graduation_model.features.catalogue import catalogue
from graduation_model.ingest.formats import sha256_of
from graduation_model.ingest.identity import Key, pseudonym_of, read_key
from graduation_model.ingest.load import assessment_reader, load_tables
from graduation_model.ingest.mapping import MAPPING, find_mapping, read_mapping
from graduation_model.ingest.params import FollowUpRules
from graduation_model.ingest.reader import TableReader
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.simulation import Province
    from graduation_model.tracking.registry import LocatedBundle

ProgrammeLike = Programme | str | Path


def open_programme(programme: ProgrammeLike, *, drafted: bool = False) -> Programme:
    """Return a programme, loaded if its folder or name was given; one that nobody confirmed only if `drafted`."""
    return programme if isinstance(programme, Programme) else load_programme(programme, drafted=drafted)


def model_name(programme: Programme, *, uri: str, alias: str | None = None) -> str:
    """Return the registered name of a programme's models: of the best of its labels that one was learnt from."""
    from graduation_model.tracking import first_registered, registered_name

    names = [registered_name(programme.name, kind) for kind in programme.label.order]
    return first_registered(names, uri=uri, alias=alias)


def champion_address(programme: Programme, *, uri: str) -> str | None:
    """Return the registry address of the programme's champion, or None where nobody has promoted a version yet."""
    from graduation_model.tracking import champion_version

    name = model_name(programme, uri=uri, alias="champion")
    try:
        return f"models:/{name}@champion" if champion_version(name, uri=uri) else None
    except MissingModel:  # no store yet, or nothing registered in it
        return None


def as_date(value: str | dt.date | pd.Timestamp) -> pd.Timestamp:
    """Return a day.

    Examples
    --------
    >>> str(as_date("2017-12-31").date())
    '2017-12-31'
    """
    try:
        return (
            pd.Timestamp(value).normalize() if not isinstance(value, str) else pd.to_datetime(value, format="%Y-%m-%d")
        )
    except ValueError as error:
        raise UserError(
            "This is no date", where="--as-of", mend="Write it as YYYY-MM-DD, such as 2017-12-31"
        ) from error


def open_key(key: str | Path | None, data: str | Path | None) -> Key | None:
    """Return the key that turns ids into pseudonyms, where a file of it was given."""
    return None if key is None else read_key(key, data=data)


def key_facts(key: Key | None) -> dict[str, str]:
    """Return what a manifest says of the key: never the key."""
    return {} if key is None else {"key_fingerprint": key.fingerprint}


def one_family(household: str, key: Key | None) -> str:
    """Return the id under which the package knows a family: with a key, its pseudonym."""
    return household if key is None else pseudonym_of(household, key)


def no_such_family(where: str) -> DataError:
    """Say that a family is not there, without saying which others are."""
    return DataError(
        f"No such family in {where}",
        where="--household",
        mend="Give the id as the lists show it; with --key the id of the source files serves, too",
    )


def is_remote(data: str | Path) -> bool:
    """Tell whether data lie at an address such as `s3://programme/2020`, rather than in a folder."""
    return "://" in str(data)


@contextmanager
def at_hand(data: str | Path, *, beside: str | Path) -> Iterator[Path]:
    """Give the folder of a data folder or address: what lies elsewhere is copied beside the output, and taken away.

    Parameters
    ----------
    data
        A folder, or an address that fsspec knows: `file://`, and with the package of that name `s3://` and others.
    beside
        The output folder, on a disk that a cluster's workers see.

    Raises
    ------
    DataError
        Where nothing is there, or it cannot be reached.
    OutputError
        Where another run fetches its data for the same output.
    """
    if not is_remote(data):
        yield Path(data)
        return
    out = Path(beside).resolve()
    copy = out.with_name(f".{out.name}.{PARTIAL}-data")
    with locked(copy):
        shutil.rmtree(copy, ignore_errors=True)  # of a run that was killed
        try:
            copy.mkdir()
            _fetch(str(data), copy)
            yield copy
        finally:
            shutil.rmtree(copy, ignore_errors=True)


def _fetch(data: str, folder: Path) -> None:
    from fsspec.core import url_to_fs

    try:
        with step("Fetching the data"):
            system, path = url_to_fs(data)
            system.get(f"{path.rstrip('/')}/", f"{folder}/", recursive=True)
    except Exception as error:  # each store has its own family of errors
        pass_on_want_of_memory(error)
        raise DataError(
            f"The data cannot be fetched ({type(error).__name__})",
            where=data,
            mend="Check the address and the store's keys; s3:// needs 'pip install s3fs', gs:// 'gcsfs'",
        ) from error


def mapping_of(data: str | Path, mapping: str | Path | None) -> Path | None:
    """Return the mapping file in effect: the one given, or the one in the data folder; None without either."""
    return find_mapping(Path(data).resolve()) if mapping is None else Path(mapping).resolve()


def read_tables(
    programme: Programme,
    data: str | Path,
    *,
    need_followups: bool = True,
    findings: bool = False,
    key: Key | None = None,
    mapping: str | Path | None = None,
) -> Tables:
    """Read and check a data folder, through its mapping where it has one; see `load_tables`."""
    declared, mapped = _declared(programme, data, mapping)
    with step("Reading and checking the data"):
        tables = load_tables(data, **declared, need_followups=need_followups, findings=findings, key=key)
    return replace(tables, sources={**tables.sources, **mapped})


@dataclass(frozen=True)
class Opened:
    """What a command on a data folder and a day begins with, and what its manifest says of that.

    Attributes
    ----------
    programme : Programme
    date : Timestamp
    tables : Tables
    parameters, facts : dict
        For the manifest.
    """

    programme: Programme
    date: pd.Timestamp
    tables: Tables
    parameters: dict[str, Any]
    facts: dict[str, Any]

    @property
    def simulated(self) -> bool:
        """Whether the families are invented."""
        return bool(self.facts["simulated"])

    @property
    def set_aside(self) -> str:
        """How many rows of which table were set aside, as a line for a terminal; empty where none were."""
        rows = {
            name: (counted["rows_set_aside"], counted["read"])
            for name, counted in self.tables.counts.items()
            if counted.get("rows_set_aside")
        }
        lines = [f"{aside:,} of {read:,} {name}" for name, (aside, read) in rows.items()]
        return f"Set aside: {', '.join(lines)}; 'check' lists each with its mend" if lines else ""


def open_data(
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    *,
    key: str | Path | None = None,
    mapping: str | Path | None = None,
    need_followups: bool = True,
) -> Opened:
    """Open a programme, read its data folder, and say of both what a manifest holds."""
    programme, date, secret = open_programme(programme), as_date(as_of), open_key(key, data)
    tables = read_tables(programme, data, need_followups=need_followups, key=secret, mapping=mapping)
    return Opened(
        programme=programme,
        date=date,
        tables=tables,
        parameters={
            "programme": programme.folder,
            "data": Path(data).resolve(),
            "as_of": date.date(),
            "mapping": mapping_of(data, mapping),
        },
        facts={
            "inputs": tables.sources,
            "counts": tables.counts,
            "simulated": is_simulated(data),
            **key_facts(secret),
        },
    )


def past_of(programme: Programme, tables: Tables | Province) -> Past:
    """Return a programme's tables with all that a back-test reads them by."""
    return Past(
        assessments=tables.assessments,
        followups=tables.followups,
        decisions=tables.decisions,
        instrument=programme.instrument,
        catalogue=catalogue(programme.instrument, programme.features),
        cohort=programme.cohort,
        label=programme.label,
    )


def open_reader(
    programme: Programme, data: str | Path, *, key: Key | None = None, mapping: str | Path | None = None
) -> tuple[TableReader, dict[str, str]]:
    """Return how a data folder's assessments are read, and the sha256 of its mapping where it has one."""
    declared, mapped = _declared(programme, data, mapping)
    return assessment_reader(data, **declared, key=key), mapped


def _declared(
    programme: Programme, data: str | Path, mapping: str | Path | None
) -> tuple[dict[str, Any], dict[str, str]]:
    path = mapping_of(data, mapping)
    parts: dict[str, Any] = {
        "instrument": programme.instrument,
        "params": programme.ingest,
        "codebooks": programme.codebooks,
    }
    meant = read_mapping(path, programme=programme.name, **parts) if path else None
    beside = {"own_lines": programme.poverty_lines, "references": programme.references, "mapping": meant}
    return {**parts, **beside}, {MAPPING: sha256_of(path)} if path else {}


def need_decisions(programme: Programme) -> FollowUpRules:
    """Return how the programme's follow-ups are held against its decisions.

    Raises
    ------
    ConfigError
        Where it follows assessments, and not decisions.
    """
    if programme.label.clock.starts != "decision" or programme.ingest.follow_up_rules is None:
        raise ConfigError(
            "This programme's outcomes are counted from assessments: it has no decisions to follow up",
            where=programme.folder / "programme.yaml",
            mend="Give label.clock.starts: decision and ingest.follow_up_rules",
        )
    return programme.ingest.follow_up_rules


def is_simulated(data: str | Path) -> bool:
    """Return whether a data folder says of itself that its families are invented.

    Raises
    ------
    DataError
        Where it has a manifest that cannot be read: invented families would go on as real ones.
    """
    return manifest_in(Path(data)).get("simulated") is True


def known_by(tables: Tables, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the assessments dated on or before the as-of date.

    Raises
    ------
    DataError
        Where there are none.
    """
    seen = (tables.assessments["assessment_date"] <= as_of).to_numpy()
    known = tables.assessments if seen.all() else tables.assessments[seen]
    if known.empty:
        raise DataError(
            f"No assessment is dated on or before {as_of.date()}",
            where="assessments",
            mend="Take a later --as-of, or bring older assessments",
        )
    return known.reset_index(drop=True)


def open_model(address: str, programme: Programme, tracking: str | Path) -> tuple[LocatedBundle, Bundle]:
    """Return where the model of a folder or registry address lies, and the model.

    Raises
    ------
    ModelError
        If it is of another programme, or was trained with other questions than the programme has now.
    """
    from graduation_model.tracking import locate, tracking_uri

    with step("Checking the model"):
        located = locate(address, uri=tracking_uri(Path(tracking)))
        bundle = load_bundle(located.folder)
    if bundle.card.programme != programme.name:
        raise ModelError(
            f"This model is of programme '{bundle.card.programme}', not '{programme.name}'",
            where=address,
            mend="Give a model of the same programme",
        )
    if catalogue(programme.instrument, programme.features).to_records() != bundle.catalogue.to_records():
        raise ModelError(
            "This model was trained with other questions or features than the programme has now",
            where=address,
            mend="Train again, or use the programme's folder of that training",
        )
    return located, bundle


def read_parts(folder: Path, table: str) -> pd.DataFrame:
    """Return a table that `score` wrote in parts, by household: the same however it was divided."""
    parts = [read_frame(part) for part in sorted((folder / table).glob("*.parquet"))]
    return pd.concat(parts, ignore_index=True).sort_values("household_id", kind="stable", ignore_index=True)
