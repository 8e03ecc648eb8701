"""`monitor`: a data folder and a date in; what moved since the wave before, and the facilitators' audit, out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from graduation_model.cohort.params import LabelKind
from graduation_model.commands.inputs import (
    ProgrammeLike,
    known_by,
    open_data,
    open_model,
    open_programme,
)
from graduation_model.commands.outputs import output_folder
from graduation_model.commands.progress import step
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.evaluation.outcomes import Outcomes
from graduation_model.features.catalogue import catalogue
from graduation_model.params import LANGUAGES


@dataclass(frozen=True)
class Monitoring:
    """What `monitor` wrote.

    Attributes
    ----------
    out : Path
    told : dict
        Kind of finding -> limits that were crossed; the command ends with 3 where there are any.
    blocking : int
        Of these, with which nobody is to be scored.
    """

    out: Path
    told: dict[str, int]
    blocking: int = 0

    @property
    def crossed(self) -> int:
        """How many limits were crossed."""
        return sum(self.told.values())

    def story(self) -> str:
        """What was crossed, for a terminal."""
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in self.told.items() if count)
        first = f"{self.crossed:,} limits were crossed: {kinds}" if self.crossed else "No limit was crossed"
        if self.blocking:
            first += f"\n{self.blocking:,} of them block scoring: score --monitor {self.out} will refuse"
        return f"{first}\nSee {self.out / 'en' / 'monitor.html'}"


def monitor(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    out: str | Path,
    model: str | Path | None = None,
    tracking: str | Path = ".",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Monitoring:
    """Hold a wave against the one before, and its facilitators against each other.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with the `assessments` of at least two waves.
    as_of
        The end of the wave to look at.
    out
        Gets `findings.parquet` (every limit that was crossed, and whether it blocks scoring), `answers.parquet`,
        `facilitators.parquet`, `habits.parquet`, with a model `scores.parquet`, `reasons.parquet`, `outcomes.parquet`
        and `estimates.parquet`; `monitor.html` (Indonesian), `en/monitor.html` and a manifest.
    model
        A bundle's folder or a registry address, to compare scores and reasons, and its chances with what became known
        since it was made; without it they are not.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.
    key, mapping
        As for `check`.

    Raises
    ------
    UserError
        Whatever a person can mend.
    """
    from graduation_model.monitoring import monitor_wave
    from graduation_model.reports.monitor_page import monitor_page
    from graduation_model.reports.render import page_place

    programme = open_programme(programme)
    bundle = None if model is None else open_model(str(model), programme, tracking)[1]
    opened = open_data(programme, data, as_of, key=key, mapping=mapping, need_followups=False)
    tables = opened.tables
    outcomes = None if bundle is None else _outcomes(tables, programme, bundle.card.label_kind)
    with step("Holding the waves against each other"):
        seen = monitor_wave(
            known_by(tables, opened.date),
            tables.quarantine,
            opened.date,
            instrument=programme.instrument,
            cohort=programme.cohort,
            features=catalogue(programme.instrument, programme.features),
            checks=programme.ingest.checks,
            params=programme.monitoring,
            bundle=bundle,
            outcomes=outcomes,
        )
    findings = seen.findings(programme.monitoring.blocking)
    with output_folder(out, "monitor", {**opened.parameters, "model": model}) as output:
        output.parquet(findings, "findings.parquet")
        for name in ("answers", "facilitators", "habits", "scores", "reasons", "outcomes", "estimates"):
            if getattr(seen, name) is not None:
                output.parquet(getattr(seen, name), f"{name}.parquet")
        for language in LANGUAGES:
            page = monitor_page(
                seen,
                title=programme.title,
                instrument=programme.instrument,
                params=programme.monitoring,
                currency=programme.currency,
                language=language,
                simulated=opened.simulated,
            )
            output.text(page, page_place("monitor.html", language))
        blocking = int(findings["blocking"].sum())
        output.facts.update(opened.facts, told=seen.told, blocking=blocking, apart_auc=seen.apart.auc)
        if bundle is not None:
            output.facts["model"] = {"name": bundle.card.model, "bundle_sha256": bundle.sha256}
    return Monitoring(Path(out).resolve(), seen.told, blocking)


def _outcomes(tables: Tables, programme: Programme, kind: LabelKind) -> Outcomes:
    return Outcomes(tables.assessments, tables.followups, tables.decisions, programme.label, kind)
