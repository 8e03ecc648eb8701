"""A programme's folder -> one frozen object.

`programme.yaml` gathers each room's settings, `instrument.yaml` the questions, `codebooks/*.yaml` the codes. Whatever
does not fit is an error that names the file, the path inside it, and the mend.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.contract.references import AreaYear
from graduation_model.contract.schemas import DECISIONS
from graduation_model.errors import ConfigError
from graduation_model.estimators.params import EstimatorParams
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.features.params import FeatureParams
from graduation_model.followup.params import FollowUpParams
from graduation_model.ingest.mapping import UNSETTLED
from graduation_model.ingest.params import Codebook, IngestParams
from graduation_model.monitoring.params import MonitoringParams
from graduation_model.params import Label, Params, read_params
from graduation_model.reports.params import ReportParams
from graduation_model.selection.params import SelectionParams
from graduation_model.shipped import here_or_shipped
from graduation_model.simulation.params import SimulationParams

PROGRAMMES = Path("configs")  # of the current folder, and of the package


class Settings(Params):
    """`programme.yaml`: one section a room."""

    name: str
    title: Label
    currency: str
    ingest: IngestParams
    cohort: CohortParams
    label: LabelParams
    features: FeatureParams
    estimators: EstimatorParams
    evaluation: EvaluationParams
    selection: SelectionParams
    reports: ReportParams
    followup: FollowUpParams = FollowUpParams()
    monitoring: MonitoringParams = MonitoringParams()
    simulation: SimulationParams | None = None


class Programme(Settings):
    """A whole programme: its settings, its instrument, its codebooks, and the folder that they came from.

    `references` holds the tables of amounts by area and year that cross-checks name.
    """

    folder: Path
    instrument: Instrument
    codebooks: tuple[Codebook, ...] = ()
    references: dict[str, tuple[AreaYear, ...]] = {}

    @property
    def poverty_lines(self) -> Path:
        """Where the programme's own poverty lines stand, if it has any."""
        return self.folder / "poverty_lines.csv"


def load_programme(where: str | Path, *, drafted: bool = False) -> Programme:
    """Load a programme from its folder, or by its name under `configs/`: the current folder's, else the package's.

    `drafted` is for what may be done with an instrument that nobody has confirmed: looking at data with it.

    Raises
    ------
    ConfigError
        Naming the file, the path of the setting inside it, and how to mend it.
    """
    folder = _folder(where)
    settings = read_params(folder / "programme.yaml", Settings)
    _refuse_undecided(folder / "programme.yaml", settings)
    instrument = read_params(folder / "instrument.yaml", Instrument)
    if instrument.confirmed == "no" and not drafted:
        raise ConfigError(
            "These questions were drafted from a file, and nobody has confirmed them",
            where=folder / "instrument.yaml",
            mend="Read each (`check` helps), then turn 'confirmed: no' into 'confirmed: yes'",
        )
    if not drafted:
        _refuse_undecided(folder / "instrument.yaml", instrument)
    codebooks = {path: read_params(path, Codebook) for path in sorted((folder / "codebooks").glob("*.yaml"))}
    for path, codebook in codebooks.items():
        _check_codebook(path, codebook, instrument)
    _check_references(folder / "programme.yaml", settings, instrument)
    named = {check.at_most_in.table for check in instrument.cross_checks if check.at_most_in}
    return Programme(
        **dict(settings),
        folder=folder,
        instrument=instrument,
        codebooks=tuple(codebooks.values()),
        references={table: _load_reference(folder / f"{table}.csv") for table in sorted(named)},
    )


def _folder(where: str | Path) -> Path:
    for folder in (Path(where), *here_or_shipped(PROGRAMMES / where)):
        if (folder / "programme.yaml").is_file():
            return folder
    known = {path.parent.name for place in here_or_shipped(PROGRAMMES) for path in place.glob("*/programme.yaml")}
    raise ConfigError(
        "There is no programme.yaml in this folder",
        where=where,
        mend=f"Give a programme's folder, or a name under configs/ ({', '.join(sorted(known))})",
    )


def _refuse_undecided(path: Path, settings: Params) -> None:
    """A drafted programme (`new`) leaves to people what only they know."""
    undecided = [place for place, value in _leaves(settings.model_dump(exclude_unset=True)) if value == UNSETTLED]
    if undecided:
        raise ConfigError(
            f"{len(undecided)} settings of the draft are still '{UNSETTLED}': {', '.join(undecided)}",
            where=path,
            mend="Decide them; the line above each in the draft says what it is",
        )


def _leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{place}.{number}")
    else:
        yield place, value


def _load_reference(path: Path) -> tuple[AreaYear, ...]:
    rows: list[AreaYear] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows.extend(AreaYear.model_validate(row) for row in csv.DictReader(file))
    except OSError as error:
        raise ConfigError(
            "The file cannot be read", where=path, mend="A cross-check names it: add it, or take the check out"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError("The file is no csv in UTF-8", where=path, mend="Save it as csv, UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"Row {len(rows) + 2} does not fit: '{place}': {first['msg']}",
            where=path,
            mend="Its columns are area_code, year, idr and source",
        ) from error
    if len({(row.area_code, row.year) for row in rows}) < len(rows):
        raise ConfigError("An area and year stands there twice", where=path, mend="Keep one row for each")
    return tuple(rows)


def _check_codebook(path: Path, codebook: Codebook, instrument: Instrument) -> None:
    questions: dict[str, Question] = {**instrument.followup_by_name, **instrument.by_name}
    for name, maps in codebook.questions.items():
        if name not in questions:
            raise ConfigError(
                f"'questions.{name}' is no question of the instrument",
                where=path,
                mend="Mend its spelling, or add the question to instrument.yaml",
            )
        seen: set[str] = set()
        for number, code_map in enumerate(maps):
            unknown = sorted(set(code_map.codes.values()) - set(questions[name].levels))
            if unknown:
                raise ConfigError(
                    f"'questions.{name}.{number}.codes' maps to {', '.join(unknown)}, "
                    "which the question does not allow",
                    where=path,
                    mend=f"Use one of {', '.join(questions[name].levels)}",
                )
            if seen & set(code_map.versions):
                raise ConfigError(
                    f"'questions.{name}' maps version {min(seen & set(code_map.versions))} twice",
                    where=path,
                    mend="Keep one map a version",
                )
            seen |= set(code_map.versions)


def _check_references(path: Path, settings: Settings, instrument: Instrument) -> None:
    """Every question that a setting names exists, and what it is used for is meant."""
    known = instrument.by_name
    kept = {*settings.ingest.assessments.keep, "household_id", "assessment_date"}
    areas = {check.name: check.at_most_in.area for check in instrument.cross_checks if check.at_most_in}
    named: dict[str, tuple[str, ...]] = {
        "features.protected": settings.features.protected,
        "features.exclude": settings.features.exclude,
        "features.history": settings.features.history,
        "features.neighbours": settings.features.neighbours,
        "features.adjusted": settings.features.adjusted,
        "evaluation.groups": settings.evaluation.groups,
        "estimators.weighted_sum": tuple(settings.estimators.weighted_sum),
        "estimators.pmt_exclude": settings.estimators.pmt_exclude,
        "reports.facts": settings.reports.facts,
        "selection.never_on_alone": settings.selection.never_on_alone,
        "ingest.checks.identical_without": settings.ingest.checks.identical_without,
        "label.status_now": (settings.label.status_now.question,),
        "evaluation.populations": tuple(population.question for population in settings.evaluation.populations),
        "cohort.population": (settings.cohort.population.question,) if settings.cohort.population else (),
    }
    ratios = {ratio.name for ratio in settings.features.ratios}
    for ratio in settings.features.ratios:
        named[f"features.ratios.{ratio.name}"] = (ratio.numerator, ratio.denominator, ratio.question)
    for place, names in named.items():
        may_be_ratio = place in ("features.history", "features.neighbours")
        unknown = sorted(set(names) - set(known) - (ratios if may_be_ratio else set()))
        if unknown:
            raise ConfigError(
                f"'{place}' names {', '.join(unknown)}, which the instrument does not ask",
                where=path,
                mend="Mend the spelling, or add the question to instrument.yaml",
            )
    _check_label(path, settings.label, instrument, settings.ingest.followups.absent)
    _check_lines(path, settings, instrument)
    _check_follow_up(path, settings, instrument)
    blocked = [
        name
        for name in (*settings.features.history, *settings.features.neighbours, *settings.features.protected)
        if name in known and known[name].blocked
    ]
    if blocked:
        raise ConfigError(
            f"'features' names {', '.join(sorted(set(blocked)))}, which the contract blocks",
            where=path,
            mend="A blocked question is never a feature: take it out",
        )
    carried = {"cohort.cluster": settings.cohort.cluster, "cohort.area": settings.cohort.area}
    carried |= {f"instrument.cross_checks.{name}": area for name, area in areas.items()}
    carried |= {f"selection.carry.{number}": name for number, name in enumerate(settings.selection.carry)}
    for place, name in carried.items():
        if name not in kept | set(known):
            raise ConfigError(
                f"'{place}' names column {name}, which is neither a question nor kept",
                where=path,
                mend="Add it to ingest.assessments.keep",
            )


def _check_label(path: Path, label: LabelParams, instrument: Instrument, absent: tuple[str, ...]) -> None:
    """Every question and answer that the label names is one that a follow-up, or a decision, can have."""
    asked, back = instrument.followup_by_name, label.reentry
    named: dict[str, tuple[str, tuple[str, ...]]] = {
        "outcome": (label.outcome.question, label.outcome.is_one_of),
        **{f"failures.{place}": (one.question, one.is_one_of) for place, one in enumerate(label.failures)},
    }
    for place in ("interviewed", "measured_by", "competing", "independent"):
        condition = getattr(label, place)
        if condition is not None:
            named[place] = (condition.question, condition.is_one_of)
    if back is not None:
        named |= {"reentry.question": (back.question, ("yes",)), "reentry.date": (back.date, ())}
        named["reentry.reason"] = (back.reason, back.counts)
    for place, (question, answers) in named.items():
        if question not in asked or question in absent:
            raise ConfigError(
                f"'label.{place}' names {question}, which no follow-up {'has' if question in absent else 'asks'}",
                where=path,
                mend="Take it out of the label, or out of ingest.followups.absent"
                if question in absent
                else "Add it to followup in instrument.yaml",
            )
        _check_answers(path, place, answers, asked[question].levels)
    if back is not None and asked[back.date].kind != "date":
        raise ConfigError(f"'label.reentry.date' names {back.date}, which is no date", where=path, mend="Name a date")
    decided = {question.name: question.levels for question in DECISIONS}
    _check_answers(path, "clock.followed", label.clock.followed, decided["decision"])
    _check_answers(path, "excluded_exits", label.excluded_exits, (*decided["decision"], *decided["graduation_kind"]))


def _check_answers(path: Path, place: str, answers: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = sorted(set(answers) - set(known))
    if unknown:
        raise ConfigError(
            f"'label.{place}' names {', '.join(unknown)}, which is no answer there",
            where=path,
            mend=f"Use one of {', '.join(known) or 'no answer at all'}",
        )


def _check_follow_up(path: Path, settings: Settings, instrument: Instrument) -> None:
    """Who visits, who proposed and where they live are columns that are kept."""
    rules, ingest = settings.ingest.follow_up_rules, settings.ingest
    if rules is None:
        return
    areas = {*settings.followup.within, settings.followup.list_by, settings.followup.village}
    for place, names, table in (
        ("ingest.follow_up_rules.visitor", {rules.visitor}, "followups"),
        ("ingest.follow_up_rules.proposer", {rules.proposer}, "assessments"),
        ("followup", areas, "assessments"),
    ):
        source = getattr(ingest, table)
        unknown = sorted(names - {*source.keep, *source.absent})
        if unknown:
            raise ConfigError(
                f"'{place}' names column {', '.join(unknown)}, which is not kept",
                where=path,
                mend=f"Add it to ingest.{table}.keep",
            )
    if rules.independent not in instrument.followup_by_name:
        raise ConfigError(
            f"'ingest.follow_up_rules.independent' names {rules.independent}, which no follow-up asks",
            where=path,
            mend="Add it to followup in instrument.yaml, or take it out",
        )


def _check_lines(path: Path, settings: Settings, instrument: Instrument) -> None:
    """Derived questions have a line to be set against, and an area to look it up by."""
    lines = settings.ingest.poverty_lines
    derived = []
    for table, questions in (("assessments", instrument.questions), ("followups", instrument.followup)):
        absent = set(getattr(settings.ingest, table).absent)
        for question in questions:
            if question.derived and question.name not in absent:
                derived.append(question.name)
                _check_parts(path, table, question.name, sorted(absent & set(question.derived.parts)))
    if derived and lines is None:
        raise ConfigError(
            f"'ingest.poverty_lines' is missing, and {', '.join(derived)} are set against a poverty line",
            where=path,
            mend="Add it with the column of the area: poverty_lines: {area: district_code}",
        )
    if lines is not None and lines.area not in settings.ingest.assessments.keep:
        raise ConfigError(
            f"'ingest.poverty_lines.area' names column {lines.area}, which is not kept",
            where=path,
            mend="Add it to ingest.assessments.keep",
        )


def _check_parts(path: Path, table: str, name: str, missing: list[str]) -> None:
    if missing:
        raise ConfigError(
            f"'{name}' is computed from {', '.join(missing)}, which ingest.{table}.absent says is not there",
            where=path,
            mend=f"List {name} under absent too, or take its parts out",
        )
