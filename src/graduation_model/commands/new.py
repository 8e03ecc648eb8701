"""`new --from-data`: somebody's file in, a drafted programme folder out that a person completes and confirms."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.outputs import beside, locked_all
from graduation_model.commands.progress import step
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.formats import read_part
from graduation_model.ingest.guess import Guess, guess_questions
from graduation_model.ingest.mapping import UNSETTLED
from graduation_model.ingest.programme_draft import ProgrammeDraft, instrument_text, programme_text
from graduation_model.scoring.work import sync


@dataclass(frozen=True)
class Drafted:
    """What `new` wrote: the folder, how many columns became questions or were left out, and how much is open."""

    out: Path
    questions: int
    left: int
    personal: int
    undecided: int

    def story(self) -> str:
        """What to do next, for a terminal."""
        return "\n".join(
            [
                f"{self.questions} columns became questions; {self.left} were left out"
                + (f", {self.personal} of them as they say who somebody is" if self.personal else ""),
                f"Drafted {self.out}. Everything in it is a guess:",
                f"  1. decide the {self.undecided} places with a '{UNSETTLED}'; any command names what is left",
                "  2. instrument.yaml: read every question; turn 'confirmed: no' into 'confirmed: yes'",
                f"  3. graduation-model check --programme {self.out} --data FOLDER --out runs/check",
            ]
        )


def new(
    *,
    from_data: str | Path,
    out: str | Path,
    name: str | None = None,
    household: str | None = None,
    date: str | None = None,
    outcome: str | None = None,
) -> Drafted:
    """Draft a programme's folder from a file of assessments.

    Parameters
    ----------
    from_data
        A file as `check` reads them: .parquet, .csv, .xlsx, ODK's .zip, .sql.yaml.
    out
        A folder that is not there yet.
    name
        The programme's name; the folder's, if none is given.
    household, date, outcome
        Headers of the family's id, of the visit's date or year, and of the question that says whether a family stands
        where the programme hopes. Where one is not given it is taken from the headers if only one column can be meant,
        and left open otherwise; the outcome is never guessed.

    Raises
    ------
    DataError
        Where the file cannot be read, or has no column of a name that was given.
    OutputError
        Where `out` is there already or cannot be written.
    """
    source, out = Path(from_data), Path(out).resolve()
    if out.exists():
        raise OutputError("There is something of that name", where=out, mend="Give another --out, or move it away")
    if not source.is_file():
        raise DataError("There is no such file", where=source, mend="Give one file of assessments")
    with step("Reading the file and looking at its columns"):
        guesses = guess_questions(read_part(source))
    for option, column in (("--household", household), ("--date", date), ("--outcome", outcome)):
        _refuse_unknown(guesses, option, column, source)
    title = name or out.name
    draft = ProgrammeDraft(
        name=re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "programme",
        title=title,
        guesses=guesses,
        household=household or _only(guesses, "household"),
        date=date or _only(guesses, "date") or _only(guesses, "year"),
        outcome=outcome,
    )
    files = {"instrument.yaml": instrument_text(draft), "programme.yaml": programme_text(draft)}
    _write(out, files)
    left = [guess for guess in guesses if guess.left]
    return Drafted(
        out=out,
        questions=len(draft.questions) - len(draft.places),
        left=len(left),
        personal=sum(guess.left == "personal" for guess in left),
        undecided=sum(content.count(f'"{UNSETTLED}"') for content in files.values()),
    )


def _refuse_unknown(guesses: list[Guess], option: str, column: str | None, source: Path) -> None:
    usable = [guess.column for guess in guesses if guess.left != "personal"]
    if column is not None and column not in usable:
        raise DataError(
            f"{option}: the file has no such column, or it says who somebody is",
            where=source,
            mend="Give a header word for word",
        )


def _only(guesses: list[Guess], role: str) -> str | None:
    found = [guess.column for guess in guesses if role in guess.roles and guess.left is None]
    return found[0] if len(found) == 1 else None


def _write(out: Path, files: dict[str, str]) -> None:
    """Write the folder beside its place and move it there whole."""
    work = beside(out)
    try:
        with locked_all([out]):
            try:
                work.mkdir(parents=True)
                for name, content in files.items():
                    (work / name).write_text(content, encoding="utf-8")
                    sync(work / name)
                work.rename(out)
                sync(out.parent)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"The folder cannot be written ({error.strerror or type(error).__name__})",
            where=out,
            mend="Check the path, your rights and the free space",
        ) from error
