"""`score`: a cohort's assessments and a model in, probabilities with exact reasons out; every family accounted for."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

import graduation_model
from graduation_model.cohort.cohorts import IN_COHORT
from graduation_model.commands.blocking import leave_to_score
from graduation_model.commands.inputs import (
    ProgrammeLike,
    as_date,
    at_hand,
    is_remote,
    is_simulated,
    key_facts,
    mapping_of,
    model_name,
    no_such_family,
    one_family,
    open_key,
    open_model,
    open_programme,
    open_reader,
)
from graduation_model.commands.outputs import BEGUN_WITH, DONE, resumable_output
from graduation_model.commands.progress import step, track_parts
from graduation_model.config import Programme
from graduation_model.errors import DataError
from graduation_model.estimators.bundle import Bundle
from graduation_model.explanation.explainer import explainer_of
from graduation_model.ingest.blocks import Source, habits_of, open_source
from graduation_model.ingest.formats import sha256_of
from graduation_model.ingest.identity import Key
from graduation_model.ingest.load import declared_sources
from graduation_model.ingest.reader import TableReader
from graduation_model.ingest.rows import sum_of
from graduation_model.scoring.cluster import open_engine
from graduation_model.scoring.job import BATCH_ROWS, PART_ROWS, Job, keep, parts_for
from graduation_model.scoring.parts import standing_of
from graduation_model.scoring.run import Ran, run
from graduation_model.scoring.work import Facts, Work, sum_counts

if TYPE_CHECKING:
    from graduation_model.tracking import LocatedBundle

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scoring:
    """What `score` wrote.

    Attributes
    ----------
    out : Path
    scored : int
        Families with a score.
    not_scored : dict
        Reason -> number of families.
    quarantined : int
        Failing cells.
    out_of_date : str
        The day on which the model expired, where that was before the as-of date.
    unwatched : bool
        The programme names findings that block scoring, and no monitoring was given to look for them.
    """

    out: Path
    scored: int
    not_scored: dict[str, int]
    quarantined: int
    out_of_date: str = ""
    unwatched: bool = False

    def story(self) -> str:
        """Who was scored and who was not, for a terminal."""
        left = [f"{count:,} not scored: {reason.replace('_', ' ')}" for reason, count in self.not_scored.items()]
        scored = f"{self.scored:,} families scored; {self.quarantined:,} cells in quarantine"
        late = [f"The model expired on {self.out_of_date}: every page says so"] if self.out_of_date else []
        blind = ["Not looked at: what blocks scoring. Run 'monitor' and give --monitor"] if self.unwatched else []
        return "\n".join([scored, *left, *late, *blind, f"See {self.out}"])


def score(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    model: str | Path | None = None,
    tracking: str | Path = ".",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
    household: str | None = None,
    restart: bool = False,
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    workers: int | None = None,
    part_rows: int = PART_ROWS,
    monitor: str | Path | None = None,
    approver: str = "",
) -> Scoring:
    """Score every family of a programme as of a date, or one of them again.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments`, or an address of one that fsspec knows (`s3://…`), which is copied beside `out`
        first; follow-ups are not looked at.
    as_of
        Only assessments dated on or before it are read into the features.
    out
        Gets `scores/`, `contributions/`, `not_scored.parquet`, `quarantine.parquet` and a manifest.
    model
        A bundle's folder or a registry address; default the programme's champion.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.
    key
        A file with the secret that replaces every household_id by a keyed HMAC; needed where the ids are NIK or KK.
    mapping
        Which column is which question, as `check --suggest` drafted it and a person confirmed it; default the
        `mapping.yaml` in the data folder, where there is one.
    household
        Write this family alone, seen against the whole wave of the same data: its line is the one that all families
        together would give, bit for bit.
    restart
        Throw away what an interrupted run into the same folder finished, instead of going on from there.
    engine
        `dask` does the parts on a cluster: the same bytes.
    scheduler
        Address of a Dask scheduler; default processes on this machine. Its workers see `data`, the model and `out`
        under the same paths.
    workers
        Processes on this machine that do the parts, default 1, of a Dask cluster here one a core: the same bytes, and
        as many times the memory.
    part_rows
        Visits a part: memory is bound by it.
    monitor
        What `monitor` wrote of this wave: a finding that `monitoring.blocking` names stops the scoring.
    approver
        The person who answers for scoring in spite of one; kept in the manifest.

    Raises
    ------
    LimitError
        A blocking finding, and nobody approves.
    UserError
        Whatever a person can mend; `out` is whole or as it was. What an interrupted run finished stays beside it.
    """
    with at_hand(data, beside=out) as folder:
        programme, date, secret = open_programme(programme), as_date(as_of), open_key(key, folder)
        scorer = _open_scorer(model, programme, tracking, date)
        wave = _open_wave(programme, folder, date, key=secret, mapping=mapping, part_rows=part_rows)
        monitored = leave_to_score(monitor, approver, programme, as_of=str(date.date()), inputs=wave.inputs)
        parameters = {
            "programme": programme.folder,
            "data": data if is_remote(data) else folder.resolve(),
            "as_of": date.date(),
            "model": _found_again(scorer),
            # One that came with fetched data comes with them again.
            "mapping": None if is_remote(data) and mapping is None else mapping_of(folder, mapping),
            "part_rows": part_rows,
        }
        family = "" if household is None else one_family(household, secret)
        begun_with = _begun_with(wave, scorer, parameters, family)
        keep(scorer.bundle)
        with resumable_output(out, "score", parameters, begun_with=begun_with, restart=restart) as output:
            job = _job(wave, scorer, Work(output.folder.parent), family)
            check = partial(_check_settled, job=job, programme=programme)
            with open_engine(engine, scheduler, job.work.folder / BEGUN_WITH, workers=workers) as used:
                ran = run(job, wave.source.whole, engine=used, progress=track_parts, check=check)
            result = _result(ran, Path(out), out_of_date=scorer.out_of_date)
            output.rows.update({name: rows for facts in ran.scored for name, rows in facts["rows"].items()})
            output.rows |= {
                "not_scored.parquet": sum(result.not_scored.values()),
                "quarantine.parquet": result.quarantined,
            }
            output.facts.update(
                programme_files=_programme_files(programme),
                simulated=is_simulated(folder),
                monitor=monitored,
                **_facts(wave, scorer, ran, result.scored),
                **key_facts(secret),
            )
    return replace(result, unwatched=monitor is None and bool(programme.monitoring.blocking))


@dataclass(frozen=True)
class _Scorer:
    """The model that scores, and where it was found.

    Attributes
    ----------
    address : str
        As it was asked for.
    out_of_date : str
        The day on which it expired, where that was before the as-of date.
    """

    address: str
    located: LocatedBundle
    bundle: Bundle
    out_of_date: str


@dataclass(frozen=True)
class _Wave:
    """What is scored: found, and not yet read.

    Attributes
    ----------
    inputs : dict
        File -> sha256, of all that its rows are read from and with.
    """

    programme: Programme
    date: pd.Timestamp
    key: Key | None
    reader: TableReader
    source: Source
    inputs: dict[str, str]
    part_rows: int


def _open_scorer(model: str | Path | None, programme: Programme, tracking: str | Path, date: pd.Timestamp) -> _Scorer:
    address = str(model) if model is not None else _champion(programme, tracking)
    located, bundle = open_model(address, programme, tracking)
    if not bundle.card.expired(str(date.date())):
        return _Scorer(address, located, bundle, "")
    logger.warning("The model expired on %s: train again before deciding", bundle.card.expires)
    return _Scorer(address, located, bundle, bundle.card.expires)


def _open_wave(
    programme: Programme,
    data: Path,
    date: pd.Timestamp,
    *,
    key: Key | None,
    mapping: str | Path | None,
    part_rows: int,
) -> _Wave:
    with step("Looking at the data"):
        reader, mapped = open_reader(programme, data, key=key, mapping=mapping)
        source = open_source(data, reader, min(part_rows, BATCH_ROWS))
        reader = replace(reader, habits=habits_of(source))
    inputs = {**source.sources, **declared_sources(reader), **mapped}
    return _Wave(programme, date, key, reader, source, inputs, part_rows)


def _job(wave: _Wave, scorer: _Scorer, work: Work, family: str) -> Job:
    return Job(
        work=work,
        reader=wave.reader,
        blocks=wave.source.blocks,
        parts=parts_for(wave.source.rows, wave.part_rows),
        as_of=wave.date,
        cohort=wave.programme.cohort,
        instrument=wave.programme.instrument,
        bundle_folder=scorer.located.folder,
        bundle_sha256=scorer.bundle.sha256,
        carry=tuple(_carried(wave.programme)),
        model_version=scorer.located.version,
        household=family,
    )


def _result(ran: Ran, out: Path, *, out_of_date: str) -> Scoring:
    return Scoring(
        out=out.resolve(),
        scored=sum(facts["written"] for facts in ran.scored),
        not_scored=sum_counts(facts["not_scored"] for facts in ran.settled),
        quarantined=sum(facts["quarantined"] for facts in ran.settled),
        out_of_date=out_of_date,
    )


def _begun_with(wave: _Wave, scorer: _Scorer, parameters: dict[str, Any], family: str) -> dict[str, str]:
    """What an interrupted run must find unchanged, in words."""
    given = ("as_of", "part_rows")
    return {
        "the package's version": graduation_model.__version__,
        "the model": f"{scorer.bundle.sha256} {scorer.located.version}",
        "--key": wave.key.fingerprint if wave.key else "",
        **{f"--{name.replace('_', '-')}": str(parameters[name]) for name in given},
        **{f"the programme's {name}": digest for name, digest in _programme_files(wave.programme).items()},
        **{f"the data's {name}": digest for name, digest in wave.inputs.items()},
        "--household": hashlib.sha256(family.encode()).hexdigest(),  # never the id itself
    }


def _programme_files(programme: Programme) -> dict[str, str]:
    files = [path for path in sorted(programme.folder.rglob("*")) if path.is_file()]
    return {path.relative_to(programme.folder).as_posix(): sha256_of(path) for path in files}


def _found_again(scorer: _Scorer) -> str:
    """The model's address as `report` and `replay` find it later: from any folder, and after another promotion."""
    from graduation_model.tracking import is_registry_address

    located = scorer.located
    if is_registry_address(scorer.address):
        return f"models:/{located.name}/{located.version}"
    return str(located.folder.resolve())  # a bundle that came with the package does not lie where it was named


def _champion(programme: Programme, tracking: str | Path) -> str:
    from graduation_model.tracking import tracking_uri

    return f"models:/{model_name(programme, uri=tracking_uri(Path(tracking)), alias='champion')}@champion"


def _check_settled(settled: list[Facts], *, job: Job, programme: Programme) -> None:
    """Stop where there is nothing to score; what was read is of no use to a later run then."""
    try:
        _check_cohort(settled, job.as_of, programme)
        if job.household:
            _check_family(job)
    except DataError:
        job.work.drop(DONE)
        raise


def _check_family(job: Job) -> None:
    reason = standing_of(job)
    if reason is None:
        raise no_such_family("these assessments")
    if reason != IN_COHORT:
        raise DataError(
            f"This family has no score on that date: {reason.replace('_', ' ')}",
            where="--household",
            mend="Check --as-of, and what 'check' says of its visit",
        )


def _check_cohort(settled: list[Facts], date: pd.Timestamp, programme: Programme) -> None:
    lost = sum(facts["counts"]["rows_set_aside"] for facts in settled)
    aside = f"; {lost:,} rows were set aside, and 'check' says why" if lost else ""
    if not any(facts["known"] for facts in settled):
        raise DataError(
            f"No assessment is dated on or before {date.date()}{aside}",
            where="assessments",
            mend="Take a later --as-of, or bring older assessments",
        )
    if any(facts["scored"] for facts in settled):
        return
    params, rule = programme.cohort, programme.cohort.population
    member = f" with {rule.question} = {' or '.join(rule.is_one_of)}" if rule else ""
    raise DataError(
        f"No family{member} was assessed within {params.assessment_max_age_months} months of {date.date()}{aside}",
        where="assessments",
        mend="Check --as-of, and cohort.population in programme.yaml",
    )


def _carried(programme: Programme) -> list[str]:
    unit = [programme.selection.quota_unit] if programme.selection.quota_unit else []
    return list(dict.fromkeys([*programme.selection.carry, programme.cohort.area, *unit]))


def _facts(wave: _Wave, scorer: _Scorer, ran: Ran, scored: int) -> dict[str, Any]:
    bundle = scorer.bundle
    visits, families, cohort = (sum(facts[name] for facts in ran.settled) for name in ("known", "families", "scored"))
    return {
        "model": {
            "name": bundle.card.model,
            "version": scorer.located.version,
            "bundle_sha256": bundle.sha256,
            "label": bundle.card.label,
            "label_kind": bundle.card.label_kind,
            "label_title": bundle.card.label_title.model_dump(exclude_none=True),
            "caveat": bundle.card.caveat.model_dump(exclude_none=True),
            "as_of": bundle.card.as_of,
            "expires": bundle.card.expires,
            "expired": bool(scorer.out_of_date),
            "simulated": bundle.card.simulated,
        },
        "explained_by": explainer_of(bundle).facts,
        "inputs": wave.inputs,
        "counts": {
            "assessments": sum_counts(facts["counts"] for facts in ran.settled),
            **sum_of(*(facts["by_column"] for facts in ran.taken)),
            "linkage": sum_counts(facts["linkage"] for facts in ran.settled),
            "families": families,
            "scored": scored,
        },
        # Against whom the families written here were seen: always the whole wave, also where one family is written.
        "context": {"wave": "whole", "visits": visits, "families": cohort, "written": scored},
    }
