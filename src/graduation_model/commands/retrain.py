"""`retrain`: last year's folder and this year's data in; a challenger, what it would change, and the gate's word out.

It promotes nobody: the model that decides goes on deciding until a named person promotes another.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from graduation_model.commands.history import remember_folders
from graduation_model.commands.inputs import (
    ProgrammeLike,
    as_date,
    champion_address,
    is_simulated,
    key_facts,
    known_by,
    model_name,
    open_key,
    open_model,
    open_programme,
    read_parts,
    read_tables,
)
from graduation_model.commands.outputs import MANIFEST, Output, output_folder, read_manifest
from graduation_model.commands.progress import step
from graduation_model.commands.promote import champion_and_evaluation, evaluation_in
from graduation_model.commands.score import score
from graduation_model.commands.select import select
from graduation_model.commands.train import EVIDENCE, PREDICTIONS, train
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import DataError, UserError
from graduation_model.evaluation.gate import Verdict, gate
from graduation_model.evaluation.matured import matured_by_cohort
from graduation_model.evaluation.outcomes import Outcomes, cohorts_by
from graduation_model.params import LANGUAGES
from graduation_model.parquet import read_frame

if TYPE_CHECKING:
    from graduation_model.reports.retrain_page import RetrainInputs

# The challenger's training, then the year as any other, then the same by the challenger, in shadow.
TRAIN, SCORES, SELECTION, SHADOW, RETRAIN = "train", "scores", "selection", "challenger", "retrain"


@dataclass(frozen=True)
class Retraining:
    """What `retrain` made.

    Attributes
    ----------
    out : Path
    decides : str
        The address of the model that decides.
    registered : str
        name/version of the challenger.
    matured : frame
        See `evaluation.matured`.
    summary : dict
        See `monitoring.shadow`.
    verdict : Verdict
        As it stands before anybody approves.
    promote : str
        The command by which a named person promotes the challenger.
    """

    out: Path
    decides: str
    registered: str
    matured: pd.DataFrame
    summary: dict[str, Any]
    verdict: Verdict
    promote: str

    def story(self) -> str:
        """The year in a few lines, for a terminal."""
        from graduation_model.reports.verdict import verdict_story

        new = self.matured[self.matured["matured"] > 0]
        labels = [
            f"  cohort {row['cohort']}: {row['matured']:,} ({row['stayed_out']:,} stayed out)"
            for row in new.to_dict(orient="records")
        ]
        seen = self.summary
        would = "would open" if self.verdict.awaits_approval else "stays closed"
        return "\n".join(
            [
                f"Outcomes that became known since: {int(self.matured['matured'].sum()):,}",
                *labels,
                f"{self.decides} decides; challenger {self.registered} ran in shadow",
                f"It would change {seen['changed']:,} of {seen['families']:,} recommendations; "
                f"{seen['entered']:,} families would enter the list and {seen['left']:,} leave it",
                verdict_story(self.verdict, "en"),
                f"For a person who approves, the gate {would}:",
                f"  {self.promote}",
                f"See {self.out / RETRAIN / 'en' / 'retrain.html'}",
            ]
        )


def retrain(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    as_of: str | dt.date | pd.Timestamp,
    last: str | Path,
    out: str | Path,
    model: str | Path | None = None,
    quota: int | None = None,
    tune: int = 0,
    monitor: str | Path | None = None,
    approver: str = "",
    tracking: str | Path = ".",
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Retraining:
    """Go from last year's folder to this year's.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        A folder with `assessments` and `followups`, this year's among them.
    as_of
        Bounds all that the challenger may learn from; the families as of this day are scored.
    last
        What `train --out` or `retrain --out` wrote last year; its hashes are checked.
    out
        Gets `train/` (the challenger), `scores/` and `selection/` (of the model that decides), `challenger/scores/` and
        `challenger/selection/` (of the challenger, in shadow), and `retrain/`: `shadow.parquet`, `matured.parquet`,
        `verdict.json`, `retrain.html` (Indonesian), `en/retrain.html` and a manifest.
    model
        Who decides: a bundle's folder or a registry address. Default the champion; where there is none, last year's.
    quota
        Of both lists; default the programme's.
    tune, tracking, key, mapping
        As for `train`.
    monitor, approver
        As for `score`: who answers for scoring in spite of a blocking finding. Nobody is promoted by it.

    Raises
    ------
    UserError
        Whatever a person can mend; what each finished step wrote stays, and `retrain/` comes last.
    """
    from graduation_model.monitoring.shadow import shadow, shadow_summary
    from graduation_model.reports.retrain_page import RetrainInputs
    from graduation_model.tracking import tracking_uri

    programme, date, out = open_programme(programme), as_date(as_of), Path(out).resolve()
    training, before = _last_training(Path(last), programme, date)
    uri = tracking_uri(Path(tracking))
    decides = str(model or champion_address(programme, uri=uri) or training)
    located, bundle = open_model(decides, programme, tracking)
    given: dict[str, Any] = {"programme": programme, "data": data, "as_of": date, "key": key, "mapping": mapping}
    trained = train(**given, out=out / TRAIN, tracking=tracking, tune=tune)
    deciding = f"models:/{located.name}/{located.version}" if located.version.isdecimal() else located.folder
    lists = {}
    for folder, address in ((out, deciding), (out / SHADOW, out / TRAIN / "bundle")):
        score(**given, model=address, out=folder / SCORES, tracking=tracking, monitor=monitor, approver=approver)
        select(programme=programme, scores=folder / SCORES, out=folder / SELECTION, quota=quota)
        lists[folder] = _list_of(folder)
    secret = open_key(key, data)
    tables = read_tables(programme, data, key=secret, mapping=mapping)
    kind = read_manifest(out / TRAIN, "train")["model"]["label_kind"]
    known_before = as_date(before["parameters"]["as_of"])
    with step("Counting the outcomes that became known"):
        outcomes = Outcomes(tables.assessments, tables.followups, tables.decisions, programme.label, kind)
        counted = matured_by_cohort(*(_cohorts(tables, outcomes, programme, day) for day in (known_before, date)))
    version = trained.registered.split("/")[1]
    with step("Asking the gate"):
        verdict = _ask_the_gate(out / TRAIN, version, programme, uri)
    command = _promote_command(programme, version, tracking)
    parameters = {
        "programme": programme.folder,
        "data": Path(data).resolve(),
        "as_of": date.date(),
        "last": training,
        "model": decides,
        "quota": quota,
    }
    with output_folder(out / RETRAIN, "retrain", parameters) as output:
        table = shadow(*lists.values())
        summary = shadow_summary(table)
        said = RetrainInputs(
            title=programme.title,
            decides=(located.version, bundle.card),
            challenger=version,
            as_of=str(date.date()),
            last_as_of=before["parameters"]["as_of"],
            label_kind=kind,
            matured=counted,
            shadow=table,
            verdict=verdict,
            command=command,
            instrument=programme.instrument,
            min_cell=programme.reports.min_cell,
            simulated=is_simulated(data),
        )
        _write(output, said)
        output.facts.update(
            model={"version": located.version, "bundle_sha256": bundle.sha256, "label_kind": bundle.card.label_kind},
            challenger=trained.registered,
            inputs=tables.sources,
            summary=summary,
            matured=int(counted["matured"].sum()),
            gate={"opens_if_approved": verdict.awaits_approval, "failed": list(verdict.failed)},
            **key_facts(secret),
        )
    with step("Remembering the year"):
        remember_folders(programme, [out / name for name in (SCORES, SELECTION, RETRAIN)], uri=uri)
    return Retraining(out, decides, trained.registered, counted, summary, verdict, command)


def _last_training(folder: Path, programme: Programme, date: pd.Timestamp) -> tuple[Path, dict[str, Any]]:
    """Last year's training, unchanged, of this programme, and from before."""
    from graduation_model.tracking import registered_name

    found = [place for place in (folder, folder / TRAIN) if (place / MANIFEST).is_file()]
    if not found:
        raise DataError(
            "There is no training of last year here",
            where=folder,
            mend="Give --last a folder that 'train --out' or 'retrain --out' wrote, or train anew with 'train'",
        )
    manifest = read_manifest(found[0], "train")
    names = [registered_name(programme.name, kind) for kind in programme.label.order]
    if manifest["registered"]["name"] not in names:
        raise DataError(
            f"Last year's folder is of '{manifest['registered']['name']}', not of '{programme.name}'",
            where=folder,
            mend="Give a folder of the same programme",
        )
    if as_date(manifest["parameters"]["as_of"]) >= date:
        raise UserError(
            f"Last year's model was made with what was known on {manifest['parameters']['as_of']} already",
            where="--as-of",
            mend="Give a later date, or an earlier folder as --last",
        )
    return found[0].resolve(), manifest


def _list_of(folder: Path) -> dict[str, pd.DataFrame]:
    tables = {name: read_parts(folder / SCORES, name) for name in ("scores", "contributions")}
    return {**tables, "selection": read_frame(folder / SELECTION / "selection.parquet")}


def _cohorts(tables: Tables, outcomes: Outcomes, programme: Programme, day: pd.Timestamp) -> pd.DataFrame:
    return cohorts_by(known_by(tables, day), outcomes, programme.cohort, day)


def _ask_the_gate(training: Path, version: str, programme: Programme, uri: str) -> Verdict:
    """As `promote` will ask: against the champion, whoever decides this year."""
    challenger = evaluation_in({name: training / name for name in (EVIDENCE, PREDICTIONS)}, version)
    assert challenger is not None, "train wrote it a moment ago"
    _, champion = champion_and_evaluation(model_name(programme, uri=uri), uri)
    return gate(challenger, champion, params=programme.evaluation, approver="", on=dt.date.today())


def _write(output: Output, said: RetrainInputs) -> None:
    from graduation_model.reports.render import page_place
    from graduation_model.reports.retrain_page import retrain_page
    from graduation_model.reports.verdict import verdict_record

    output.parquet(said.shadow, "shadow.parquet")
    output.parquet(said.matured, "matured.parquet")
    facts = {"version": said.challenger, "approver": "", "date": dt.date.today().isoformat()}
    record = json.dumps(verdict_record(said.verdict, facts), indent=1, ensure_ascii=False)
    output.text(record + "\n", "verdict.json")
    for language in LANGUAGES:
        output.text(retrain_page(said, language), page_place("retrain.html", language))


def _promote_command(programme: Programme, version: str, tracking: str | Path) -> str:
    words = ["graduation-model", "promote", "--programme", str(programme.folder), "--version", version]
    store = [] if str(tracking) == "." else ["--tracking", str(tracking)]
    return f"{shlex.join([*words, *store])} --approver 'NAME, OFFICE'"
