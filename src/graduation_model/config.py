"""A programme's folder -> one frozen object.

`programme.yaml` gathers each room's settings, `instrument.yaml` the questions, `codebooks/*.yaml` the codes. Whatever
does not fit is an error that names the file, the path inside it, and the mend.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from graduation_model.cohort.params import CohortParams, LabelParams
from graduation_model.contract.instrument import Instrument, Question
from graduation_model.errors import ConfigError
from graduation_model.estimators.params import EstimatorParams
from graduation_model.evaluation.params import EvaluationParams
from graduation_model.features.params import FeatureParams
from graduation_model.ingest.params import Codebook, IngestParams
from graduation_model.params import Label, Params
from graduation_model.reports.params import ReportParams
from graduation_model.selection.params import SelectionParams
from graduation_model.simulation.params import SimulationParams

PROGRAMMES = Path("configs")
M = TypeVar("M", bound=BaseModel)


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
    simulation: SimulationParams | None = None


class Programme(Settings):
    """A whole programme: its settings, its instrument, its codebooks, and the folder that they came from."""

    folder: Path
    instrument: Instrument
    codebooks: tuple[Codebook, ...] = ()


def load_programme(where: str | Path) -> Programme:
    """Load a programme from its folder, or by its name under `configs/`.

    Raises
    ------
    ConfigError
        Naming the file, the path of the setting inside it, and how to mend it.
    """
    folder = _folder(where)
    settings = _load(folder / "programme.yaml", Settings)
    instrument = _load(folder / "instrument.yaml", Instrument)
    codebooks = {path: _load(path, Codebook) for path in sorted((folder / "codebooks").glob("*.yaml"))}
    for path, codebook in codebooks.items():
        _check_codebook(path, codebook, instrument)
    _check_references(folder / "programme.yaml", settings, instrument)
    return Programme(**dict(settings), folder=folder, instrument=instrument, codebooks=tuple(codebooks.values()))


def _folder(where: str | Path) -> Path:
    for folder in (Path(where), PROGRAMMES / where):
        if (folder / "programme.yaml").is_file():
            return folder
    known = ", ".join(sorted(path.parent.name for path in PROGRAMMES.glob("*/programme.yaml"))) or "none here"
    raise ConfigError(
        "There is no programme.yaml in this folder",
        where=where,
        mend=f"Give a programme's folder, or a name under configs/ ({known})",
    )


def _load(path: Path, model: type[M]) -> M:
    # YAML 1.2, pure: a bare `no` stays text, a key written twice is an error, and no tag can build an object.
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("The file cannot be read", where=path, mend="A programme's folder needs it") from error
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        line = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or "it is no YAML in UTF-8"
        raise ConfigError(f"The file does not parse{line}: {reason}", where=path, mend="Mend that line") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _as_config_error(path, error) from error


def _as_config_error(path: Path, error: ValidationError) -> ConfigError:
    # A misspelt key also makes the right one missing: the misspelling is what can be mended.
    errors = sorted(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    first, more = errors[0], len(errors) - 1
    place = ".".join(str(part) for part in first["loc"]) or "the whole file"
    also = f" ({more} more like it)" if more else ""
    mends = {
        "extra_forbidden": (f"'{place}' is not a setting", "Remove it, or mend its spelling"),
        "missing": (f"'{place}' is missing", "Add it"),
    }
    what, mend = mends.get(
        first["type"], (f"'{place}': {first['msg'].removeprefix('Value error, ')}", "Mend this setting")
    )
    return ConfigError(what + also, where=path, mend=mend)


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
    named: dict[str, tuple[str, ...]] = {
        "features.protected": settings.features.protected,
        "features.exclude": settings.features.exclude,
        "features.history": settings.features.history,
        "features.neighbours": settings.features.neighbours,
        "evaluation.groups": settings.evaluation.groups,
        "estimators.weighted_sum": tuple(settings.estimators.weighted_sum),
        "estimators.pmt_exclude": settings.estimators.pmt_exclude,
        "reports.facts": settings.reports.facts,
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
    if settings.label.outcome.question not in instrument.followup_by_name:
        raise ConfigError(
            f"'label.outcome' names {settings.label.outcome.question}, which no follow-up asks",
            where=path,
            mend="Add it to followup in instrument.yaml",
        )
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
    carried |= {f"selection.carry.{number}": name for number, name in enumerate(settings.selection.carry)}
    for place, name in carried.items():
        if name not in kept | set(known):
            raise ConfigError(
                f"'{place}' names column {name}, which is neither a question nor kept",
                where=path,
                mend="Add it to ingest.assessments.keep",
            )
