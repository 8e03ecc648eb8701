"""Shares by round of visits in; where to draw them, as numbers of an SVG, out: steps, intervals, bands of bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from graduation_model.params import Language
from graduation_model.wording import percent

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 320, 52, 230, 14, 44
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TAIL = 2  # months that a line goes on after its last round, or its bounds there would have no width
APART = 18  # of two lines' names, in units of the drawing
BESIDE = 5  # an interval stands beside its step, or the step would cover it


@dataclass(frozen=True)
class Line:
    """One line: its name, its class in the stylesheet, and the figures by round (months, value, low, …, highest)."""

    name: str
    look: str
    rounds: pd.DataFrame


def curve_figure(lines: Sequence[Line], language: Language) -> dict[str, Any]:
    """Return what the template draws: size, ticks, and for each line path, band, bars, dots and the place of its name.

    A line is level from one round to the next: what happened between them is known only at the end.
    """
    last = max(int(line.rounds["months"].max()) for line in lines) + TAIL

    def x(months: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * months / last, 1)

    def y(share: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - share), 1)

    drawn = [_drawn(line, x, y) for line in lines]
    for above, below in pairwise(sorted(drawn, key=lambda one: float(one["name_y"]))):
        below["name_y"] = max(below["name_y"], above["name_y"] + APART)
    months = sorted({int(month) for line in lines for month in line.rounds["months"]})
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "bottom": HEIGHT - BOTTOM,
        "months": [{"x": x(month), "words": str(month)} for month in (0, *months)],
        "shares": [{"y": y(share), "words": percent(share, language)} for share in SHARES],
        "lines": drawn,
    }


def _drawn(line: Line, x: Any, y: Any) -> dict[str, Any]:
    rows = line.rounds.sort_values("months").to_dict(orient="records")  # a handful of rounds
    return {
        "name": line.name,
        "look": line.look,
        "path": _steps([(row["months"], row["value"]) for row in rows], x, y),
        "band": _band(rows, x, y),
        "bars": [
            {"x": x(row["months"]) + BESIDE, "low": y(row["low"]), "high": y(row["high"])}
            for row in rows
            if not pd.isna(row["low"])
        ],
        "dots": [{"x": x(row["months"]), "y": y(row["value"])} for row in rows],
        "name_x": x(rows[-1]["months"] + TAIL) + 8,
        "name_y": y(rows[-1]["value"]) + 4,
    }


def _corners(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A line that is level up to each round and rises there."""
    corners, share = [(0.0, 0.0)], 0.0
    for month, reached in points:
        corners += [(month, share), (month, reached)]
        share = reached
    return [*corners, (points[-1][0] + TAIL, share)]


def _steps(points: Sequence[tuple[float, float]], x: Any, y: Any) -> str:
    return "M" + "L".join(f"{x(month)} {y(share)}" for month, share in _corners(points))


def _band(rows: Sequence[dict[str, Any]], x: Any, y: Any) -> str:
    upper = _corners([(row["months"], row["highest"]) for row in rows])
    lower = _corners([(row["months"], row["lowest"]) for row in rows])
    return "M" + "L".join(f"{x(month)} {y(share)}" for month, share in [*upper, *lower[::-1]]) + "Z"
