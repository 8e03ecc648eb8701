"""`dictionary`: a programme in, its data dictionary out: what is asked, why, with which codes, for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.outputs import write_files
from graduation_model.config import Programme
from graduation_model.errors import OutputError


@dataclass(frozen=True)
class Dictionary:
    """What `dictionary` wrote: the file, and how many questions it tells of."""

    out: Path
    questions: int

    def story(self) -> str:
        """Where it is, for a terminal."""
        return f"{self.questions} questions; see {self.out}"


def dictionary(*, programme: ProgrammeLike, out: str | Path) -> Dictionary:
    """Write a programme's data dictionary.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    out
        A file ending in .md. An earlier dictionary is replaced; any other file is not.

    Raises
    ------
    OutputError
        Where `out` does not end in .md, holds something else, or cannot be written.
    """
    from graduation_model.reports.dictionary import MARK, data_dictionary

    programme, out = open_programme(programme, drafted=True), Path(out).resolve()
    if out.suffix != ".md":
        raise OutputError("A data dictionary is an .md file", where=out, mend="Give --out a name that ends in .md")
    content = data_dictionary(dictionary_inputs(programme))
    if out.exists() and not (out.is_file() and out.read_bytes().startswith(MARK.encode())):
        raise OutputError("There is something else of that name", where=out, mend="Give another --out")
    write_files({out: content.encode()}, "The dictionary")
    return Dictionary(out, len(programme.instrument.questions) + len(programme.instrument.followup))


def dictionary_inputs(programme: Programme) -> Any:
    """Return what a programme's dictionary is made from."""
    from graduation_model.reports.dictionary import DictionaryInputs

    label, now = programme.label.model_dump(), programme.label.model_dump(include={"status_now"})
    return DictionaryInputs(
        title=programme.title,
        instrument=programme.instrument,
        codebooks=programme.codebooks,
        features=programme.features,
        uses={
            "cohort": frozenset(_questions_in(programme.cohort.model_dump())),
            "label": frozenset(_questions_in(now)),
            "audit": frozenset(programme.evaluation.groups),
            "sheet": frozenset(programme.reports.facts),
            "carried": frozenset(programme.selection.carry),
        },
        outcome=frozenset(_questions_in(label)),
        kept=programme.ingest.assessments.keep,
        currency=programme.currency,
        retention_years=programme.reports.retention_years,
    )


def _questions_in(settings: object) -> Iterator[str]:
    """Every question that some settings name, however deep."""
    if isinstance(settings, dict):
        for name, value in settings.items():
            if name == "question" and isinstance(value, str):
                yield value
            else:
                yield from _questions_in(value)
    elif isinstance(settings, list | tuple):
        for item in settings:
            yield from _questions_in(item)
