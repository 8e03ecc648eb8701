"""`check`: source files in, checked tables, what was set aside, and a page that says how to mend it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, open_programme, read_tables
from graduation_model.commands.outputs import output_folder
from graduation_model.params import LANGUAGES


@dataclass(frozen=True)
class Checked:
    """What `check` found.

    Attributes
    ----------
    out : Path
    quarantined : int
        Failing cells; the command ends with 1 where there are any.
    counts : dict
        Rows read, kept, collapsed and set aside, by table.
    """

    out: Path
    quarantined: int
    counts: dict[str, dict[str, int]]

    def story(self) -> str:
        """What was read and set aside, for a terminal."""
        tables = [
            f"{table}: " + ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
            for table, counts in self.counts.items()
        ]
        found = f"{self.quarantined:,} cells in quarantine; see {self.out / 'en' / 'check.html'}"
        return "\n".join([*tables, found])


def check(*, programme: ProgrammeLike, data: str | Path, out: str | Path) -> Checked:
    """Check a data folder against the programme's instrument and codebooks.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        The folder with `assessments`, `followups`, …
    out
        Gets the checked tables, `quarantine.parquet` and `.xlsx`, `check.html` (Indonesian), `en/check.html` and a manifest.
    """
    from graduation_model.reports.check_page import check_page
    from graduation_model.reports.workbook import quarantine_workbook

    programme = open_programme(programme)
    tables = read_tables(programme, data, need_followups=False)
    with output_folder(out, "check", {"programme": programme.folder, "data": Path(data).resolve()}) as output:
        output.parquet(tables.assessments, "assessments.parquet")
        output.parquet(tables.followups, "followups.parquet")
        output.parquet(tables.quarantine, "quarantine.parquet")
        rules = {check.name: check.label for check in programme.instrument.cross_checks}
        output.text(quarantine_workbook(tables.quarantine, "id", rules), "quarantine.xlsx")
        for language in LANGUAGES:
            page = check_page(tables.quarantine, tables.counts, title=programme.title, language=language, rules=rules)
            output.text(page, "check.html" if language == "id" else f"{language}/check.html")
        output.facts.update(inputs=tables.sources, counts=tables.counts)
    return Checked(Path(out).resolve(), len(tables.quarantine), tables.counts)
