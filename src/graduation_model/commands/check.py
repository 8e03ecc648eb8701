"""`check`: source files in, checked tables, what was set aside, and a page that says how to mend it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import (
    ProgrammeLike,
    is_simulated,
    key_facts,
    mapping_of,
    open_key,
    open_programme,
    read_tables,
)
from graduation_model.commands.outputs import output_folder
from graduation_model.params import LANGUAGES

BY_COLUMN = {
    "privacy": "dropped at the door",
    "masked": "identity numbers masked in free text",
    "pseudonyms": "replaced by keyed pseudonyms",
    "not_believed": "computed here, and the source's column not believed",
    "does_not_know": "answered 'does not know'",
    "refused": "refused to answer",
    "ignored_sheets": "sheets not read",
    "ignored_repeats": "members' sheets not read",
    "ignored_columns": "columns not read",
    "absent_questions": "questions not asked, by the mapping",
}
NO_TABLES = {*BY_COLUMN, "linkage", "findings"}
MOST_NAMED = 6


@dataclass(frozen=True)
class Checked:
    """What `check` found.

    Attributes
    ----------
    out : Path
    quarantined : int
        Cells that were set aside or contradict another; the command ends with 1 where there are any.
    doubted : int
        Cells that may be right and were kept.
    counts : dict
        Rows read, kept, collapsed and set aside, by table; rows dropped, masked and replaced at the door, answers that
        were refused or not known, and sheets and columns that were not read, by column; families found again from one
        year to the next; findings about columns, files and facilitators, by rule.
    """

    out: Path
    quarantined: int
    doubted: int
    counts: dict[str, dict[str, int]]

    def story(self) -> str:
        """What was read and set aside, for a terminal."""
        tables = [
            f"{table}: " + ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
            for table, counts in of_tables(self.counts).items()
        ]
        columns = [f"{words}: {_named(self.counts[what])}" for what, words in BY_COLUMN.items() if what in self.counts]
        warned = [f"{rule.replace('_', ' ')}: {count:,}" for rule, count in self.counts.get("findings", {}).items()]
        warnings = [f"warnings: {', '.join(warned)}"] if warned else []
        cells = f"{self.quarantined:,} cells to mend, {self.doubted:,} doubtful; see {self.out / 'en' / 'check.html'}"
        return "\n".join([*tables, *columns, *found_again(self.counts.get("linkage", {})), *warnings, cells])


def _named(columns: dict[str, int]) -> str:
    """Name the columns with their rows; of many only the first, since the manifest has them all."""
    first = [f"{column} ({rows:,} rows)" for column, rows in list(columns.items())[:MOST_NAMED]]
    return ", ".join(first) + (f" and {len(columns) - MOST_NAMED} more" if len(columns) > MOST_NAMED else "")


def of_tables(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the counts of the tables alone."""
    return {name: counted for name, counted in counts.items() if name not in NO_TABLES}


def found_again(linkage: dict[str, int]) -> list[str]:
    """Return the share of each year's families that the next year has too, as lines.

    Examples
    --------
    >>> found_again({"families_2019": 200, "of_2019_found_in_2020": 190, "families_2020": 230})
    ['found again in 2020: 190 of 200 families of 2019 (95.0 %)']
    """
    links = [(name.split("_"), count) for name, count in linkage.items() if name.startswith("of_")]
    return [
        f"found again in {later}: {count:,} of {linkage[f'families_{year}']:,} families of {year} "
        f"({count / linkage[f'families_{year}']:.1%})".replace("%", " %")
        for (_, year, *_, later), count in links
    ]


def check(
    *,
    programme: ProgrammeLike,
    data: str | Path,
    out: str | Path,
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Checked:
    """Check a data folder against the programme's instrument and codebooks.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    data
        The folder with `assessments`, `followups`, …
    out
        Gets the checked tables, `quarantine.parquet` and `.xlsx` (each cell to mend), `findings.parquet` (columns,
        files, facilitators), `check.html` (Indonesian), `en/check.html` and a manifest.
    key
        A file with the secret that replaces every household_id by a keyed HMAC; needed where the ids are NIK or KK.
    mapping
        Which column is which question, as `check --suggest` drafted it and a person confirmed it; default the
        `mapping.yaml` in the data folder, where there is one.
    """
    from graduation_model.contract.waves import doubtful_rules
    from graduation_model.reports.check_page import check_page
    from graduation_model.reports.quarantine_workbook import quarantine_workbook
    from graduation_model.reports.render import page_place

    programme, secret = open_programme(programme, drafted=True), open_key(key, data)
    tables = read_tables(programme, data, need_followups=False, findings=True, key=secret, mapping=mapping)
    parameters = {"programme": programme.folder, "data": Path(data).resolve(), "mapping": mapping_of(data, mapping)}
    with output_folder(out, "check", parameters) as output:
        output.parquet(tables.assessments, "assessments.parquet")
        output.parquet(tables.followups, "followups.parquet")
        for name in ("decisions", "uep"):
            if name in tables.counts:
                output.parquet(getattr(tables, name), f"{name}.parquet")
        output.parquet(tables.quarantine, "quarantine.parquet")
        output.parquet(tables.findings, "findings.parquet")
        instrument, simulated = programme.instrument, is_simulated(data)
        output.text(quarantine_workbook(tables.quarantine, "id", instrument), "quarantine.xlsx")
        for language in LANGUAGES:
            page = check_page(
                tables,
                title=programme.title,
                instrument=instrument,
                language=language,
                simulated=simulated,
            )
            output.text(page, page_place("check.html", language))
        output.facts.update(inputs=tables.sources, counts=tables.counts, simulated=simulated, **key_facts(secret))
    doubted = int(tables.quarantine["rule"].isin(doubtful_rules(programme.instrument)).sum())
    return Checked(Path(out).resolve(), len(tables.quarantine) - doubted, doubted, tables.counts)
