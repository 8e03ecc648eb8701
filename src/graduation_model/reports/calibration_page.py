"""What a simulated province was aimed at and what came out in; a page and a text that say both out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graduation_model.params import Label, Language
from graduation_model.reports.render import render, twin_link
from graduation_model.simulation import Figure
from graduation_model.wording import number, percent, span, text

_UNKNOWN = "–"


def calibration_page(figures: Sequence[Figure], *, title: Label, province: str, language: Language) -> str:
    """Return the page of one province.

    Parameters
    ----------
    figures
        What `simulation.calibration` measured.
    title : Label
        The programme's.
    province : str
        Which of the provinces it is; the targets are those of the honest one.
    language : Language
        Indonesian is expected at `calibration.html`, English at `en/calibration.html`; the two are linked.
    """
    page = calibration_dict(figures, title=title, province=province, language=language)
    return render("calibration.html.j2", page, language)


def calibration_text(figures: Sequence[Figure], *, title: Label, province: str, language: Language) -> str:
    """Return the same as Markdown."""
    page = calibration_dict(figures, title=title, province=province, language=language)
    head = [text(f"calibration.{key}", language) for key in ("figure", "aimed", "seen", "standing")]
    lines = [
        f"# {text('calibration.title', language)}: {page['programme']}",
        "",
        page["lead"],
        "",
        page["province"],
        "",
    ]
    lines += [f"| {' | '.join(head)} |", "|---|---|---|---|"]
    lines += [f"| {row['words']} | {row['aimed']} | {row['seen']} | {row['standing']} |" for row in page["figures"]]
    return "\n".join([*lines, "", text("calibration.note", language), ""])


def calibration_dict(figures: Sequence[Figure], *, title: Label, province: str, language: Language) -> dict[str, Any]:
    """Return what the page says: lead, province, figures (words, aimed, seen, standing, outside)."""
    outside = sum(figure.inside is False for figure in figures)
    return {
        "programme": title.in_(language),
        "simulated": True,
        "links": [twin_link("calibration.html", language)],
        "lead": text("calibration.lead", language, outside=str(outside), all=str(len(figures))),
        "province": text(f"calibration.province.{province}", language),
        "figures": [
            {
                "words": text(f"calibration.figures.{figure.name}", language),
                "aimed": span(_said(figure.low, figure, language), _said(figure.high, figure, language)),
                "seen": _UNKNOWN if figure.value is None else _said(figure.value, figure, language),
                "standing": text(f"calibration.{_standing(figure)}", language),
                "outside": figure.inside is False,
            }
            for figure in figures
        ],
    }


def _standing(figure: Figure) -> str:
    return {True: "inside", False: "outside", None: "nothing"}[figure.inside]


def _said(value: float, figure: Figure, language: Language) -> str:
    if figure.unit == "share":
        return percent(value, language, 1)
    if figure.unit == "points":
        return text("calibration.points", language, points=number(100 * value, language, 1))
    return number(value, language, 2 if abs(value) < 10 else 0)
