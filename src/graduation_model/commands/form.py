"""`form`: a programme in, its assessment and its follow-up as XLSForms for KoboToolbox or ODK out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.outputs import write_files
from graduation_model.config import Programme
from graduation_model.contract.instrument import asked
from graduation_model.errors import OutputError

if TYPE_CHECKING:
    from graduation_model.reports.xlsform import FormInputs


@dataclass(frozen=True)
class Forms:
    """What `form` wrote.

    Attributes
    ----------
    assessment, followup : Path
        One workbook a form: a server takes one form a file, and the two visits are months apart.
    questions : dict
        Number of the instrument's questions, by table.
    ignored : tuple of str
        Questions that are asked, and that ingest leaves out until `ingest.assessments.absent` no longer names them.
    """

    assessment: Path
    followup: Path
    questions: dict[str, int]
    ignored: tuple[str, ...]

    def story(self) -> str:
        """Where the forms are, and what becomes of their exports, for a terminal."""
        lines = [
            f"Assessment (questions: {self.questions['assessments']}): {self.assessment}",
            f"Follow-up (questions: {self.questions['followups']}): {self.followup}",
            "Export with XML values and put the files into one folder as assessments and followups: check reads them.",
        ]
        if self.ignored:
            lines.append(
                f"Asked, but left out of the data until 'absent' in programme.yaml is mended: {', '.join(self.ignored)}"
            )
        return "\n".join(lines)


def form(*, programme: ProgrammeLike, out: str | Path) -> Forms:
    """Write a programme's assessment and follow-up as XLSForms.

    Every question of the instrument is asked, also what is blocked (it is never a feature, but it is read and shown)
    and what the source of today does not have. What is derived from other answers is not.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    out
        The assessment's workbook, ending in .xlsx; the follow-up stands beside it as `…_followup.xlsx`. A file that is
        there and says something else is never overwritten: families may have been asked by it.

    Raises
    ------
    OutputError
        Where `out` does not end in .xlsx, holds something else, or cannot be written.
    """
    from graduation_model.reports.xlsform import xlsform, xlsform_workbook

    programme = open_programme(programme, drafted=True)
    out = Path(out).resolve()
    if out.suffix != ".xlsx":
        raise OutputError("A form is an .xlsx file", where=out, mend="Give --out a name that ends in .xlsx")
    followup = out.with_stem(f"{out.stem}_followup")
    inputs = _inputs(programme)
    files = {
        out: xlsform_workbook(xlsform(inputs, "assessments")),
        followup: xlsform_workbook(xlsform(inputs, "followups")),
    }
    _refuse_other(files)
    write_files(files, "The form")
    instrument, absent = programme.instrument, programme.ingest.assessments.absent
    return Forms(
        assessment=out,
        followup=followup,
        questions={"assessments": len(asked(instrument.questions)), "followups": len(asked(instrument.followup))},
        ignored=tuple(question.name for question in instrument.questions if question.name in absent),
    )


def _inputs(programme: Programme) -> FormInputs:
    from graduation_model.reports.xlsform import FormInputs

    return FormInputs(
        name=programme.name,
        title=programme.title,
        instrument=programme.instrument,
        ingest=programme.ingest,
        codebooks=programme.codebooks,
        currency=programme.currency,
        area=programme.cohort.area,
        area_names=programme.reports.area_names,
    )


def _refuse_other(files: dict[Path, bytes]) -> None:
    for path, content in files.items():
        if path.exists() and not (path.is_file() and path.read_bytes() == content):
            raise OutputError(
                "There is something else of that name, and families may have been asked by it",
                where=path,
                mend="Give another --out, or move it away",
            )
