"""`promote`: a registered version becomes the champion if the gate opens, in a named person's name; or the one before
comes back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from graduation_model.commands.inputs import ProgrammeLike, model_name, open_programme
from graduation_model.commands.progress import step
from graduation_model.commands.train import EVIDENCE, PREDICTIONS
from graduation_model.config import Programme
from graduation_model.errors import ModelError, UserError, pass_on_want_of_memory
from graduation_model.evaluation.gate import Evaluation, Verdict, gate
from graduation_model.params import Language
from graduation_model.parquet import read_frame


@dataclass(frozen=True)
class Promotion:
    """What came of it.

    Attributes
    ----------
    champion : str or None
        The version that is the champion now; None where there is still none.
    approver : str
    version : str
        That was asked for.
    verdict : Verdict or None
        Of the gate; None for a rollback, which no gate stands before.
    reasons : str
        The verdict in words.
    """

    champion: str | None
    approver: str
    version: str
    verdict: Verdict | None = None
    reasons: str = ""

    @property
    def promoted(self) -> bool:
        """Whether the version that was asked for is the champion now."""
        return self.champion == self.version

    def story(self) -> str:
        """The reasons, then who is the champion, for a terminal."""
        if self.promoted:
            now = f"Champion: version {self.champion}, approved by {self.approver}"
        else:
            now = f"Champion: version {self.champion}, as before" if self.champion else "There is still no champion"
        return "\n".join(line for line in (self.reasons, now) if line)


def promote(
    *,
    programme: ProgrammeLike,
    approver: str,
    version: str | int | None = None,
    rollback: bool = False,
    language: Language = "en",
    tracking: str | Path = ".",
) -> Promotion:
    """Ask the gate, and move the programme's `champion` alias if it opens.

    Parameters
    ----------
    programme
        A programme, its folder, or its name.
    approver
        Who takes responsibility; kept with the version and in its run.
    version
        The registered version to promote.
    rollback
        Go back to the champion before instead.
    language
        Of the reasons.
    tracking
        Folder of the default tracking store, where MLFLOW_TRACKING_URI is not set.

    Returns
    -------
    Promotion
        Look at `promoted`: a closed gate is no error, and leaves the champion as it was.
    """
    from graduation_model import tracking as registry

    programme, uri = open_programme(programme), registry.tracking_uri(Path(tracking))
    name = model_name(programme, uri=uri)
    if not approver.strip():
        raise UserError("Nobody approves", where="--approver", mend="Give the name of the person who decides")
    if rollback:
        back = registry.rollback(name, approver=approver, uri=uri)
        return Promotion(back, approver, back)
    if version is None:
        raise UserError("No version is named", where="--version", mend="Give the version that 'train' registered")
    challenger = evaluation_of_run(name, str(version), uri)
    if challenger is None:
        raise ModelError(
            f"The run of version {version} of {name} keeps nothing that the gate could read",
            where=f"{EVIDENCE}, {PREDICTIONS}",
            mend="Train again with this version of the program",
        )
    today = dt.date.today()
    with step("Asking the gate"):
        before, champion = champion_and_evaluation(name, uri)
        verdict = gate(challenger, champion, params=programme.evaluation, approver=approver, on=today)
    facts = {"version": challenger.version, "approver": approver.strip(), "date": today.isoformat()}
    _keep(verdict, facts, programme, name, uri)
    champion_now = before
    if verdict.opens:
        codes = ", ".join(reason.code for reason in verdict.reasons)
        champion_now = registry.promote(name, challenger.version, approver=approver, reason=codes, uri=uri)
    return Promotion(champion_now, approver, challenger.version, verdict, _in_words(verdict, programme, language))


def evaluation_of_run(name: str, version: str, uri: str) -> Evaluation | None:
    """Return what the run of a version keeps for the gate; None where it keeps nothing, or nothing readable."""
    from graduation_model.tracking import read_run

    run = read_run(name, version, (EVIDENCE, PREDICTIONS), uri=uri)
    return evaluation_in(run.files, run.version)


def evaluation_in(files: Mapping[str, Path], version: str) -> Evaluation | None:
    """Return what a training left for the gate in these files; None where it left nothing, or in another shape.

    Raises
    ------
    ModelError
        Where a file is damaged: the gate may not open because it could not read whom it should compare with.
    """
    if not {EVIDENCE, PREDICTIONS} & files.keys():
        return None
    try:
        record = json.loads(files[EVIDENCE].read_text(encoding="utf-8"))
        predictions = read_frame(files[PREDICTIONS])
    except (KeyError, ValueError, OSError) as error:
        pass_on_want_of_memory(error)
        raise ModelError(
            f"What version {version} left for the gate cannot be read ({type(error).__name__})",
            where=f"{EVIDENCE}, {PREDICTIONS}",
            mend="Bring the store's files back from a backup, or train again",
        ) from error
    try:
        return Evaluation.from_record(record, predictions, version)
    except (TypeError, ValueError):
        return None


def champion_and_evaluation(name: str, uri: str) -> tuple[str | None, Evaluation | None]:
    """Return the champion's version and what its run keeps for the gate; twice None where nobody was promoted yet."""
    from graduation_model.tracking import champion_version

    version = champion_version(name, uri=uri)
    if version is None:
        return None, None
    return version, evaluation_of_run(name, version, uri) or _without_forecasts(version)


def _without_forecasts(version: str) -> Evaluation:
    """A champion from before runs kept anything for the gate: that it cannot be compared is said, not hidden."""
    return Evaluation(
        version=version, model="", label="", instrument_version="", as_of="", expires="", questions=0, models=(),
        groups=(), predictions=pd.DataFrame(), explanation_gap=0.0, explanation_overlap=None, set_aside=0.0, leaks=(),
    )  # fmt: skip


def _keep(verdict: Verdict, facts: dict[str, str], programme: Programme, name: str, uri: str) -> None:
    from graduation_model.reports.verdict import verdict_markdown, verdict_record
    from graduation_model.tracking import record_verdict

    record = json.dumps(verdict_record(verdict, facts), indent=1, ensure_ascii=False) + "\n"
    words = verdict_markdown(verdict, facts, title=programme.title.in_("id"), instrument=programme.instrument)
    record_verdict(
        name,
        facts["version"],
        opens=verdict.opens,
        approver=facts["approver"],
        codes=[reason.code for reason in verdict.reasons],
        files={"verdict.json": record, "verdict.md": words},
        uri=uri,
    )


def _in_words(verdict: Verdict, programme: Programme, language: Language) -> str:
    from graduation_model.reports.verdict import verdict_story

    return verdict_story(verdict, language, instrument=programme.instrument)
