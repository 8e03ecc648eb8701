"""Sheets as plain dicts in, one PDF of a subdistrict out: an A4 page a family, a bookmark each, fonts inside.

Typst sets the pages. Its wheel brings no proportional sans serif, so the one that matplotlib brings is handed over:
DejaVu Sans, free to embed (its licence lies beside it), and the same on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduation_model.errors import UserError, pass_on_want_of_memory
from graduation_model.params import Language
from graduation_model.wording import text

if TYPE_CHECKING:
    from typst import Fonts

# Points; where a sheet runs over, its file is set again in smaller print. To have Typst measure each
# sheet took many times the memory.
SIZES = ("7.0", "6.5", "6.0", "5.5", "5.0")
# What the template says on every sheet, by the name that it knows it by.
_WORDS = {
    **{
        name: f"sheet.{name}"
        for name in (
            "title", "facts", "facts_note", "fact", "now", "before", "advice", "reasons", "reasons_note", "records",
            "for", "against", "no_for", "no_against", "score", "points_note", "missing", "missing_none", "ask",
            "decision", "agree", "disagree", "revisit", "name", "role", "date", "signature", "appeal",
        )
    },
    **{
        name: f"sheet.more.{name}"
        for name in ("usual", "doubts", "doubts_none", "history", "hand_rule", "documents", "followups", "plan")
    },
    **{
        name: f"common.{name}"
        for name in ("people_decide", "measured_outcome", "model", "version", "bundle", "inputs")
    },
    "unknown": "chance.unknown",
    "plan_note": "mentoring.note",
}  # fmt: skip


def require_typst() -> None:
    """Make sure that PDF files can be made.

    Raises
    ------
    UserError
        Naming what to install.
    """
    try:
        import typst  # noqa: F401
    except ImportError as error:
        pass_on_want_of_memory(error)  # the system's loader says so by this error too
        raise UserError(
            "PDF files are made with Typst, which is not installed",
            where="--pdf",
            mend="Install it: pip install 'graduation-model[pdf]', or leave --pdf out and print the pages",
        ) from error


def sheets_pdf(sheets: Sequence[Mapping[str, Any]], title: str, language: Language) -> bytes:
    """Return the sheets as one PDF file; the same sheets give the same bytes.

    Parameters
    ----------
    sheets : sequence of mapping
        As `sheet.sheets` gives them, with what every page says: `audience`, `fingerprints`, `expired`, `model_stamp`.
    title : str
        Of the document.
    language : Language

    Raises
    ------
    UserError
        Where Typst is not installed.
    """
    require_typst()
    given = {
        "title": title,
        "language": language,
        "words": {name: text(key, language) for name, key in _WORDS.items()},
        "pages": [_page(sheet, language) for sheet in sheets],
    }
    data = json.dumps(given, ensure_ascii=False)
    made = b""
    for size in SIZES:
        made = _compiled(data, size)
        if _pages_in(made) == len(sheets):
            break
    return made


def _compiled(data: str, size: str) -> bytes:
    # Untagged: they are printed by the hundred, and a file is an eighth of the size. The HTML page is the one to be
    # read aloud by a machine.
    import typst

    made = typst.compile(
        _template(), font_paths=_fonts(), sys_inputs={"data": data, "size": size}, timestamp=0, pdf_tags=False
    )
    assert isinstance(made, bytes)
    return made


def _pages_in(content: bytes) -> int:
    found = re.search(rb"/Type\s*/Pages\s*/Count\s+(\d+)", content)
    return int(found[1]) if found else 0


@cache
def _fonts() -> Fonts:
    import matplotlib
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[str(Path(matplotlib.get_data_path(), "fonts", "ttf"))])


@cache
def _template() -> bytes:
    return (files("graduation_model.reports") / "templates" / "sheet.typ").read_bytes()


def _page(sheet: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A sheet with the few sentences that the HTML template puts together itself."""
    before, trained = sheet["before_date"], sheet["trained_as_of"]
    stamps = [
        text("common.simulated", language) if sheet["simulated"] else "",
        *(sheet.get(name) or "" for name in ("label_stamp", "model_stamp", "expired")),
    ]
    return {
        **sheet,
        "stamps": [words for words in stamps if words],
        "before_note": text("sheet.before_note", language, date=before)
        if before
        else text("sheet.no_before", language),
        "trained": text("sheet.trained", language, date=trained) if trained else "",
    }
