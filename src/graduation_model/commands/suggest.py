"""`check --suggest`: source files in, a drafted mapping that a person confirms out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.outputs import write_files
from graduation_model.commands.progress import step
from graduation_model.contract.instrument import asked
from graduation_model.errors import DataError, OutputError
from graduation_model.ingest.codebooks import OWN
from graduation_model.ingest.draft import DraftedTable, mapping_text
from graduation_model.ingest.formats import find_parts
from graduation_model.ingest.parts import read_table
from graduation_model.ingest.suggest import suggest_table
from graduation_model.params import Label
from graduation_model.wording import has_text, text


@dataclass(frozen=True)
class Suggestion:
    """What `check --suggest` drafted.

    Attributes
    ----------
    to : Path
        The mapping file.
    ready, same, alike, open_, absent, unmatched : int
        Columns that need no line, that are a question word for word, that resemble one; keys and required questions
        that no column resembles; other questions that none resembles; columns that resemble no question.
    """

    to: Path
    ready: int
    same: int
    alike: int
    open_: int
    absent: int
    unmatched: int

    def story(self) -> str:
        """What to do next, for a terminal."""
        counted = {
            "columns have the programme's own names": self.ready,
            "are a question word for word: one confirmation for all": self.same,
            "resemble a question: look at each": self.alike,
            "needed questions have no column yet: name it": self.open_,
            "other questions are not in the files": self.absent,
            "columns are not read": self.unmatched,
        }
        return "\n".join(
            [
                *(f"{count:,} {what}" for what, count in counted.items() if count),
                f"Drafted {self.to}: nothing is in effect before you turn 'confirmed: no' into 'confirmed: yes'",
            ]
        )


def suggest(*, programme: ProgrammeLike, data: str | Path, to: str | Path) -> Suggestion:
    """Draft which column of a data folder is which question.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        The folder with `assessments`, and perhaps `followups`.
    to
        The mapping file to write; one that is there already, perhaps confirmed, is not touched.
    """
    programme, folder, to = open_programme(programme, drafted=True), Path(data), Path(to)
    if to.exists():
        raise OutputError("There is a file of that name", where=to, mend="Give another, or move it away yourself")
    if not folder.is_dir():
        raise DataError("There is no such folder", where=folder, mend="Give the folder that holds assessments.*")
    instrument, params = programme.instrument, programme.ingest
    versions = sorted(
        {v for book in programme.codebooks for maps in book.questions.values() for m in maps for v in m.versions}
    )
    tables = {}
    with step("Reading the headers and the cells"):
        for name, questions, source in (
            ("assessments", asked(instrument.questions), params.assessments),
            ("followups", asked(instrument.followup), params.followups),
        ):
            if name == "assessments" or find_parts(folder, name):
                raw = read_table(folder, name)
                draft = suggest_table(
                    raw.frame,
                    name=name,
                    questions=questions,
                    source=source,
                    key_labels=_key_labels(),
                    has_codebooks=bool(versions),
                )
                tables[name] = DraftedTable(draft, tuple(dict.fromkeys(rows.name for rows in raw.repeats)))
    content = mapping_text(tables, programme=programme.name, instrument=instrument, versions=[OWN, *versions])
    write_files({to.resolve(): content.encode()}, "The mapping")
    drafts = [table.draft for table in tables.values()]
    return Suggestion(
        to=to.resolve(),
        ready=sum(draft.ready for draft in drafts),
        same=sum(len(draft.mapping.same_words.columns) for draft in drafts if draft.mapping.same_words),
        alike=sum(len(draft.mapping.columns) + len(draft.mapping.multiple) for draft in drafts),
        open_=sum(len(draft.missing) for draft in drafts),
        absent=sum(len(draft.mapping.absent.questions) for draft in drafts if draft.mapping.absent),
        unmatched=sum(len(draft.unmatched) for draft in drafts),
    )


def _key_labels() -> dict[str, Label]:
    """The words that the programme's own forms have for keys and areas."""
    keys = ("household_id", "assessment_date", "followup_date", "facilitator_id", "region_code", "district_code",
            "subdistrict_code", "village_code", "cluster_id")  # fmt: skip
    return {
        key: Label(id=text(f"form.columns.{key}", "id"), en=text(f"form.columns.{key}", "en"))
        for key in keys
        if has_text(f"form.columns.{key}")
    }
