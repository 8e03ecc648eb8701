"""`record export`: all that the package's folders hold of one family, as a page, JSON and CSV in one folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from graduation_model.commands.holdings import EXPORT, RECORD, Holding, holdings
from graduation_model.commands.inputs import (
    ProgrammeLike,
    is_simulated,
    no_such_family,
    one_family,
    open_key,
    open_programme,
    read_tables,
)
from graduation_model.commands.outputs import Output, output_folder
from graduation_model.config import Programme
from graduation_model.ingest.corrections import read_corrections
from graduation_model.ingest.identity import Key
from graduation_model.ingest.mapping import MAPPING
from graduation_model.params import LANGUAGES
from graduation_model.reports.record_page import Held, RecordInputs, record_json, record_page
from graduation_model.reports.render import page_place

_NAV = re.compile(r"<nav>.*?</nav>", re.DOTALL)  # a copied page stands alone: its links would lead nowhere


@dataclass(frozen=True)
class Exported:
    """What `record export` wrote: the folder, and how many rows and pages it holds."""

    out: Path
    rows: int
    pages: int

    def story(self) -> str:
        """What to open, for a terminal."""
        return (
            f"{self.rows:,} rows and {self.pages:,} pages of one family; open {self.out / 'index.html'}\n"
            "Give it to the family alone. Files that other programs hold are not in it: the Dinas looks there itself."
        )


def record_export(
    *,
    programme: ProgrammeLike,
    household: str,
    folders: Sequence[str | Path],
    out: str | Path,
    data: str | Path | None = None,
    key: str | Path | None = None,
    mapping: str | Path | None = None,
) -> Exported:
    """Write all that is held on one family.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    household
        The family's id as the folders show it, or, with `key`, as the source files have it.
    folders
        Folders that `check`, `train`, `score`, `select` or `report` wrote; their hashes are checked.
    out
        Gets `index.html` (Indonesian), `en/index.html`, `record.json`, `tables/*.csv`, copies of the family's pages
        in `pages/`, and a manifest that does not name it.
    data
        The data folder, for answers, follow-ups, decisions and corrections. Without it the answers are those of the
        folder that `check` wrote.
    key
        The key file that the folders were made with, where they were.
    mapping
        Which column is which question, where the data are read through a mapping; default the `mapping.yaml` in the
        data folder, if any.
    """
    programme, secret = open_programme(programme), open_key(key, data)
    family = one_family(household, secret)
    found = holdings(folders, family)
    of_data, made_from = _of_data(programme, data, secret, mapping, family)
    held = [*of_data, *_of_folders(found, made_from)]
    if not held and not any(holding.pages for holding in found):
        raise no_such_family("these folders")
    parameters = {"programme": programme.folder, "data": data and Path(data).resolve(), "folders": len(folders)}
    with output_folder(out, EXPORT, parameters) as output:
        pages = _copy_pages(found, output)
        simulated = (data is not None and is_simulated(data)) or any(part.manifest.get("simulated") for part in found)
        inputs = _inputs(programme, family, tuple(held), pages, simulated=simulated)
        for number, part in enumerate(held, start=1):
            output.text(part.rows.to_csv(index=False), f"tables/{number:02d}_{part.kind}.csv")
        output.text(record_json(inputs, programme.name), RECORD)
        for language in LANGUAGES:
            output.text(record_page(inputs, language), page_place("index.html", language))
    return Exported(Path(out).resolve(), sum(len(part.rows) for part in held), len(pages))


def _of_folders(found: Sequence[Holding], made_from: dict[str, str] | None) -> Iterator[Held]:
    """The family's rows of every output folder; without a data folder the answers are those that `check` saw."""
    checked = [holding for holding in found if holding.command == "check"]
    if made_from is None and checked:
        made_from = _assessed_in(checked[0].manifest["inputs"])
    names = [holding.folder.name for holding in found]
    for number, holding in enumerate(found):
        again = names[:number].count(holding.folder.name)
        folder = holding.folder.name + (f" ({again + 1})" if again else "")
        same = made_from is not None and _assessed_in(holding.manifest.get("inputs", {})) == made_from
        for name, table in holding.tables.items():
            kind = Path(name).parts[0].removesuffix(".parquet")
            yield Held(f"{folder}/{name}", kind, table.to_pandas(), quotable=same)


def _assessed_in(inputs: dict[str, str]) -> dict[str, str]:
    """The hashes of what answers were read from."""
    return {
        name: digest
        for name, digest in inputs.items()
        if name.startswith(("assessments", "corrections", "poverty_lines", MAPPING))
    }


def _of_data(
    programme: Programme, data: str | Path | None, key: Key | None, mapping: str | Path | None, family: str
) -> tuple[list[Held], dict[str, str] | None]:
    """The family's rows of every table of the data folder, its corrections, and the hashes of what was read."""
    if data is None:
        return [], None
    tables = read_tables(programme, data, need_followups=False, key=key, mapping=mapping)
    frames = {part.name: getattr(tables, part.name) for part in fields(tables)}
    frames["corrections"] = read_corrections(Path(data)).table
    held = []
    for name, frame in frames.items():
        if isinstance(frame, pd.DataFrame) and "household_id" in frame and name != "set_aside":
            rows = frame[(frame["household_id"].astype("str") == family).to_numpy()]
            if len(rows):
                held.append(Held(f"{Path(data).name}/{name}", name, rows.reset_index(drop=True)))
    return held, _assessed_in(tables.sources)


def _copy_pages(found: Sequence[Holding], output: Output) -> tuple[str, ...]:
    copied = []
    for number, holding in enumerate(found, start=1):
        for page in holding.pages:
            name = f"pages/{number:02d}/{page.replace('households/', '')}"
            output.text(_NAV.sub("", (holding.folder / page).read_text(encoding="utf-8")), name)
            copied.append(name)
    return tuple(copied)


def _inputs(
    programme: Programme, family: str, held: tuple[Held, ...], pages: tuple[str, ...], *, simulated: bool
) -> RecordInputs:
    return RecordInputs(
        household_id=family,
        title=programme.title,
        outcome=programme.label.title,
        appeal=programme.reports.appeal,
        instrument=programme.instrument,
        selection_params=programme.selection,
        held=held,
        pages=pages,
        currency=programme.currency,
        simulated=simulated,
    )
