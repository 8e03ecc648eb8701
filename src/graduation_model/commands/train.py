"""`train`: a data folder and a date in; an MLflow run, a back-test against every baseline, a bundle and a card out."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as version_of_package
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from graduation_model.cohort.dates import months_after
from graduation_model.commands.appraisal import appraise
from graduation_model.commands.cards import card_figures, card_pages
from graduation_model.commands.inputs import ProgrammeLike, known_by, open_data, past_of
from graduation_model.commands.outputs import Output, output_folder
from graduation_model.commands.progress import step, track
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.estimators.bundle import Bundle, BundleCard, Model, save_bundle
from graduation_model.estimators.stack import StackModel
from graduation_model.estimators.support import support_ranges
from graduation_model.evaluation.backtest import LABEL, POPULATION, Backtest, backtest
from graduation_model.evaluation.knowledge import Past, first_training
from graduation_model.features.context import reference_context
from graduation_model.params import LANGUAGES, Label
from graduation_model.wording import text

if TYPE_CHECKING:
    from graduation_model.evaluation.tuning import Tuned

LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn")
# What the gate reads from a run, beside `evaluation.parquet`.
PREDICTIONS, EVIDENCE = "predictions.parquet", "evidence.json"


@dataclass(frozen=True)
class Training:
    """What `train` made.

    Attributes
    ----------
    out : Path
        Holds `bundle/`, `evaluation.parquet`, `fairness.parquet`, `model_card.html`, `points_card.html`.
    evaluation : frame
        Every model x year x metric; see docs/reference/tables.md.
    model : str
        The bundle's model.
    registered : str
        name/version in the registry.
    notes : tuple of str
        Leak warnings, years left out, calibration that could not be fitted.
    """

    out: Path
    evaluation: pd.DataFrame
    model: str
    registered: str
    notes: tuple[str, ...]

    def story(self) -> str:
        """The result in a few lines for a terminal."""
        table = overall(self.evaluation)
        lines = [
            f"{'':14}" + "".join(f"{year:>26}" for year in table.columns),
            *(
                f"{name:14}" + "".join(f"{cell:>26}" for cell in row)
                for name, row in zip(table.index, table.to_numpy(), strict=True)
            ),
        ]
        notes = [f"Note: {note}" for note in self.notes]
        return "\n".join(
            [
                f"AUC on cohorts not seen in fitting (the bundle holds '{self.model}')",
                *lines,
                *under_other_lines(self.evaluation),
                *notes,
                f"Registered as {self.registered}, alias 'challenger'; see {self.out / 'model_card.html'}",
            ]
        )


def overall(evaluation: pd.DataFrame, metric: str = "auc") -> pd.DataFrame:
    """Return model x test year of one metric of the programme's families as text with its interval."""
    rows = evaluation[
        (evaluation["group"] == "all")
        & (evaluation["baseline"] == "")
        & (evaluation["metric"] == metric)
        & (evaluation["population"] == POPULATION)
    ]
    text = rows.assign(text=[f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]" for row in rows.itertuples()])
    order = rows.groupby("model")["value"].mean().sort_values(ascending=False).index
    return text.pivot(index="model", columns="test_year", values="text").reindex(order).fillna("-")


def under_other_lines(evaluation: pd.DataFrame) -> list[str]:
    """Return how many stayed out under each line of the label, and the model's AUC, in the last year that has them."""
    rows = evaluation[(evaluation["group"] == LABEL) & evaluation["metric"].isin(["share_positive", "auc"])]
    if rows.empty:
        return []
    year = rows["test_year"].max()
    table = rows[rows["test_year"] == year].pivot(index="level", columns="metric", values="value").dropna()
    said = [f"{level} {row.share_positive:.1%} and AUC {row.auc:.3f}" for level, row in table.iterrows()]
    return [f"Under other lines, {year}, share that stayed out and AUC of the same model: {'; '.join(said)}"]


def train(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    tracking: str | Path = ".",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
    tune: int = 0,
) -> Training:
    """Fit the programme's model and every baseline, try them on past years, register the candidate.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments` and `followups`.
    as_of
        Bounds all that fitting, tuning and calibration may see. Outcomes dated later serve as tests only.
    out
        Gets `bundle/`, `evaluation.parquet`, `fairness.parquet`, `predictions.parquet` and `evidence.json` for the
        gate, `model_card.html` and `points_card.html` (both also as Markdown, `.md` and `.en.md`),
        `quarantine.parquet` and a manifest.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.
    key
        A file with the secret that replaces every household_id by a keyed HMAC; needed where the ids are NIK or KK.
    mapping
        Which column is which question, as `check --suggest` drafted it and a person confirmed it; default the
        `mapping.yaml` in the data folder, where there is one.
    tune
        Trials of the search for better settings, on nothing that the report tests; 0: the programme's own. The search
        is kept in `<out>.tuning.db`: interrupted, it goes on where it stopped.
    """
    from graduation_model.tracking import reach, tracking_uri

    opened = open_data(programme, data, as_of, key=key, mapping=mapping)
    programme, date, tables = opened.programme, opened.date, opened.tables
    known_by(tables, date)
    reach(tracking_uri(Path(tracking)))
    past = past_of(programme, tables)
    tuned = _tune(past, programme, tables.sources, date, Path(out), tune) if tune else None
    if tuned is not None:
        programme = programme.model_copy(update={"estimators": tuned.params})
    with step("Fitting and back-testing"):
        tried = backtest(past, date, estimators=programme.estimators, evaluation=programme.evaluation)
    bundle = _bundle(programme, tried, date, simulated=opened.simulated)
    with step("Looking for harm, leaks and reasons that do not hold"):
        appraisal = appraise(programme, bundle, tried, tables, date)
    notes = (*tried.notes, *_tuning_notes(tuned), *(finding.sentence() for finding in appraisal.leaks))
    with output_folder(out, "train", {**opened.parameters, "tune": tune}) as output:
        sha256 = save_bundle(bundle, output.folder / "bundle")
        output.parquet(tried.evaluation, "evaluation.parquet")
        output.parquet(appraisal.fairness, "fairness.parquet")
        output.parquet(appraisal.evaluation.predictions, PREDICTIONS)
        output.text(json.dumps(appraisal.evaluation.record(), indent=1) + "\n", EVIDENCE)
        output.parquet(tables.quarantine, "quarantine.parquet")
        output.facts.update(
            opened.facts,
            model={
                "name": bundle.card.model,
                "bundle_sha256": sha256,
                "label": bundle.card.label,
                "label_kind": bundle.card.label_kind,
                "expires": bundle.card.expires,
            },
            notes=list(notes),
            tuning={} if tuned is None else {name: value for name, value in vars(tuned).items() if name != "params"},
        )
        with step("Drawing and writing the model card"):
            figures = card_figures(bundle, tried, appraisal, programme)
            for name, page in card_pages(programme, bundle, tried, appraisal, figures, sha256).items():
                output.text(page, name)
        with step("Tracking and registering"):
            registered = _track(programme, bundle, tried, tables, notes, figures, output, tracking)
    return Training(Path(out).resolve(), tried.evaluation, bundle.card.model, registered, notes)


def _tune(
    past: Past, programme: Programme, sources: Mapping[str, str], date: pd.Timestamp, out: Path, trials: int
) -> Tuned:
    """Search on what was known at the end of the first test year; a study belongs to its data and settings."""
    from graduation_model.evaluation.tuning import Tuning

    first = first_training(past, date, programme.evaluation)
    settings = [programme.estimators.model_dump_json(), programme.label.model_dump_json(), str(date)]
    name = hashlib.sha256("".join([*settings, *sorted(sources.values())]).encode()).hexdigest()[:16]
    out.resolve().parent.mkdir(parents=True, exist_ok=True)
    storage = out.resolve().with_name(f"{out.name}.tuning.db")
    search = Tuning(first, programme.estimators, past.catalogue, storage=storage, name=name)
    for _ in track(search.run(trials), "Tuning", trials):
        pass
    return search.result()


def _tuning_notes(tuned: Tuned | None) -> tuple[str, ...]:
    if tuned is None:
        return ()
    chosen = ", ".join(f"{name} {value:.4g}" for name, value in tuned.settings.items())
    return (
        f"Tuned in {tuned.trials} trials ({tuned.pruned} cut short) on what was known at the end of the first test "
        f"year: {chosen or 'the settings of the programme'} "
        f"(log-loss {tuned.loss:.4f} instead of {tuned.default_loss:.4f})",
    )


def _bundle(programme: Programme, tried: Backtest, date: pd.Timestamp, *, simulated: bool) -> Bundle:
    name = programme.estimators.model
    model = tried.models[name]
    assert isinstance(model, Model), "a programme can only name a learner"  # EstimatorParams.model
    training, own = tried.training, tried.label_kind == "sustained_exit"
    card = BundleCard(
        programme=programme.name,
        label=programme.label.name if own else tried.label_kind,
        label_title=programme.label.title if own else label_words(tried.label_kind, "title"),
        caveat=programme.label.caveat if own else label_words(tried.label_kind, "caveat"),
        label_kind=tried.label_kind,
        model=name,
        as_of=str(date.date()),
        expires=_months_later(date, programme.evaluation.gate.expiry_months),
        cohorts=tried.cohorts,
        training_rows=len(training.y),
        base_rate=float(np.average(training.y, weights=training.weight)),
        seed=programme.estimators.seed,
        instrument_version=programme.instrument.version,
        package_versions={library: version_of_package(library) for library in LIBRARIES},
        simulated=simulated,
        members=model.members if isinstance(model, StackModel) else {},
        levels={question.name: question.levels for question in programme.instrument.questions if question.levels},
    )
    return Bundle(
        card=card,
        model=model,
        catalogue=tried.catalogue,
        support=support_ranges(training.X),
        reference_context=reference_context(tried.context),
        uncertainty=tried.uncertainty,
    )


def label_words(kind: str, what: str) -> Label:
    """Return the house's own title or caveat of a label that stands in for the programme's."""
    return Label(**{language: text(f"label_kinds.{kind}_{what}", language) for language in LANGUAGES})


def _months_later(date: pd.Timestamp, months: int) -> str:
    return str(months_after(pd.Series([date]), months)[0].date())


def _track(
    programme: Programme,
    bundle: Bundle,
    tried: Backtest,
    tables: Tables,
    notes: tuple[str, ...],
    figures: dict[str, bytes],
    output: Output,
    tracking: str | Path,
) -> str:
    from graduation_model.tracking import TrainingRecord, log_training, tracking_uri

    rows = {name: len(getattr(tables, name)) for name in ("assessments", "followups", "decisions", "uep")}
    record = TrainingRecord(
        programme=programme.name,
        params=_params(programme, bundle),
        evaluation=tried.evaluation,
        datasets={
            name: (digest, rows.get(Path(name).parts[0].split(".")[0], 0)) for name, digest in tables.sources.items()
        },
        figures=figures,
        artifacts={path.name: path.read_bytes() for path in _kept_files(output.folder)},
        bundle_folder=output.folder / "bundle",
        example=example_answers(programme),
        notes=notes,
        label=bundle.card.label,
        label_kind=bundle.card.label_kind,
        simulated=bundle.card.simulated,
    )
    version = log_training(record, uri=tracking_uri(Path(tracking)))
    output.facts["registered"] = {"name": version.name, "version": version.version, "run_id": version.run_id}
    return f"{version.name}/{version.version}"


def _kept_files(folder: Path) -> list[Path]:
    """The files that the run keeps as they are: cards, and what the gate reads. None names a household."""
    kept = (EVIDENCE, PREDICTIONS, "fairness.parquet")
    return [path for path in sorted(folder.iterdir()) if path.name in kept or path.suffix in (".html", ".md")]


def _params(programme: Programme, bundle: Bundle) -> dict[str, Any]:
    chosen = getattr(programme.estimators, bundle.card.model).model_dump(exclude={"components"})
    return {
        "as_of": bundle.card.as_of,
        "label": bundle.card.label,
        "label_kind": bundle.card.label_kind,
        "model": bundle.card.model,
        "seed": bundle.card.seed,
        "training_rows": bundle.card.training_rows,
        "cohorts": ",".join(bundle.card.cohorts),
        "features": len(bundle.catalogue.names),
        "quota_share": programme.evaluation.quota_share,
        **{f"{bundle.card.model}.{name}": value for name, value in chosen.items()},
    }


def example_answers(programme: Programme) -> pd.DataFrame:
    """Return one row of answers made from the instrument alone: no household ever gave it."""
    answers: dict[str, Any] = {}
    for question in programme.instrument.questions:
        if question.blocked or question.kind in ("date", "text"):
            continue
        if question.levels:
            answers[question.name] = question.levels[len(question.levels) // 2]
        else:
            low, high = question.minimum or 0.0, question.maximum
            answers[question.name] = float(low if high is None else min(high, low + 1))
    return pd.DataFrame([answers])
