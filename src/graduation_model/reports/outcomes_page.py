"""What became of families in, a page out: cohorts, curves, groups, and how people decided beside the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.followup.outcomes import (
    COHORT,
    COMPARED,
    ENDED_BY,
    ENDS,
    EVERYBODY,
    FELL_BACK_APART,
    FELL_BACK_BY,
    FOLLOWED,
    LEFT,
    REENTERED,
    SUSTAINED,
    UNSEEN,
)
from graduation_model.followup.overrides import ALL, NO_REASON, OVERRIDES, WAYS, Overrides
from graduation_model.followup.params import FollowUpParams
from graduation_model.params import Label, Language
from graduation_model.reports.areas import HIDDEN
from graduation_model.reports.curves import Line, curve_figure
from graduation_model.reports.outcome_cells import FIGURES, hidden_ways
from graduation_model.reports.render import render, twin_link
from graduation_model.wording import day, has_text, number, percent, span, text

NONE = "–"
Say = Callable[..., str]


@dataclass(frozen=True)
class OutcomeInputs:
    """What the page says, and the programme's words for it.

    Attributes
    ----------
    table : frame
        Of `followup.outcome_table`, small figures hidden.
    title, label_title, caveat : Label
    as_of : Timestamp
    params : FollowUpParams
    months : int
        That an outcome is watched over.
    min_cell : int
    least_followed : float
        Below this share of outcomes known, only the bounds are to be relied on.
    area_names : mapping
    overrides : Overrides, optional
        Where a list was given.
    reasons : frame, optional
        Of the overrides, small counts hidden.
    reason_words : mapping
        Code -> words.
    simulated : bool
    """

    table: pd.DataFrame
    title: Label
    label_title: Label
    caveat: Label
    as_of: pd.Timestamp
    params: FollowUpParams
    months: int
    min_cell: int
    least_followed: float
    area_names: Mapping[str, str] = field(default_factory=dict)
    overrides: Overrides | None = None
    reasons: pd.DataFrame | None = None
    reason_words: Mapping[str, Label] = field(default_factory=dict)
    simulated: bool = False


def outcomes_page(inputs: OutcomeInputs, language: Language) -> str:
    """Return the page; Indonesian is expected at `outcomes.html`, English at `en/outcomes.html`."""
    links = [twin_link("outcomes.html", language)]
    page = outcomes_dict(inputs, language)
    return render("outcomes.html.j2", {**page, "simulated": inputs.simulated, "links": links}, language)


def outcomes_dict(inputs: OutcomeInputs, language: Language) -> dict[str, Any]:
    """Return what the page says, in words."""
    words = _Words(inputs, language)
    table = inputs.table
    groups = [group for group in table["group"].unique() if group not in (EVERYBODY, COHORT)]
    return {
        "programme": inputs.title.in_(language),
        "as_of": text("common.as_of", language, date=day(inputs.as_of, language)),
        "measured": inputs.label_title.in_(language),
        "caveat": inputs.caveat.in_(language),
        "lead": words.lead(),
        "warnings": words.warnings(),
        "columns": [words.say(f"ends.{end}") for end in ENDS],
        "cohorts": [
            {"name": words.say(f"families.{families}"), "rows": words.rows(families, COHORT, total=True)}
            for families in (LEFT, COMPARED)
            if (table["families"] == families).any()
        ],
        "figure": words.figure(),
        "curve": words.curve_rows(),
        "groups": [
            {
                "name": words.say(f"groups.{group}"),
                "parts": [
                    {
                        "name": words.say(f"families.{families}"),
                        "rows": rows,
                        **words.by_cohort(families, group),
                        **words.by_round(families, group),
                    }
                    for families in (LEFT, COMPARED)
                    if (rows := words.rows(families, group))
                ],
            }
            for group in groups
        ],
        "overrides": words.overrides(),
        "suppressed": text("cohort.suppressed", language, minimum=number(inputs.min_cell, language))
        if table["hidden"].any()
        else "",
    }


@dataclass(frozen=True)
class _Words:
    """The page's sentences and rows in one language."""

    inputs: OutcomeInputs
    language: Language

    def say(self, key: str, **values: object) -> str:
        return text(f"outcomes.{key}", self.language, **values)

    def count(self, value: float) -> str:
        return HIDDEN if pd.isna(value) else number(int(value), self.language)

    def share(self, value: float, digits: int = 0) -> str:
        return NONE if pd.isna(value) else percent(value, self.language, digits)

    def within(self, low: float, high: float) -> str:
        return NONE if pd.isna(low) else span(self.share(low), self.share(high))

    def with_interval(self, row: Mapping[str, Any] | pd.Series) -> str:
        """A share with its interval behind it, where it has one."""
        interval = self.within(row["low"], row["high"])
        return self.share(row["value"]) + ("" if interval == NONE else f" ({interval})")

    def of(self, families: str, group: str, level: str, measure: str, cohort: str = EVERYBODY) -> pd.Series:
        """One figure without months."""
        table = self.inputs.table
        keys = {"families": families, "group": group, "level": level, "measure": measure, "cohort": cohort}
        match = np.logical_and.reduce([(table[name] == value).to_numpy() for name, value in keys.items()])
        found = table[match & table["months"].isna().to_numpy()]
        return found.iloc[0] if len(found) else pd.Series(dtype="float64").reindex(FIGURES)

    def lead(self) -> str:
        sustained = self.of(LEFT, EVERYBODY, EVERYBODY, SUSTAINED)
        if pd.isna(sustained["value"]):
            return self.say("lead_none")
        stayed, fell, lost = (
            self.of(LEFT, EVERYBODY, EVERYBODY, end)["value"] for end in ("stayed_out", "fell_back", "lost")
        )
        return self.say(
            "lead",
            months=number(self.inputs.months, self.language),
            due=self.count(stayed + fell + lost),
            stayed=self.count(stayed),
            fell=self.count(fell),
            lost=self.count(lost),
            lowest=self.share(sustained["lowest"]),
            highest=self.share(sustained["highest"]),
        )

    def warnings(self) -> list[str]:
        stayed, fell, lost = (
            self.of(LEFT, EVERYBODY, EVERYBODY, end)["value"] for end in ("stayed_out", "fell_back", "lost")
        )
        known = (stayed + fell) / (stayed + fell + lost) if stayed + fell + lost else np.nan
        said = []
        if known < self.inputs.least_followed:
            least = self.share(self.inputs.least_followed)
            said.append(self.say("few_found", share=self.share(known), least=least))
        unseen = self.of(LEFT, EVERYBODY, EVERYBODY, UNSEEN)["value"]
        if unseen > 0:
            worst = self.share((stayed - unseen) / (stayed + fell + lost))
            said.append(self.say("unseen", unseen=self.count(unseen), stayed=self.count(stayed), lowest=worst))
        for role in self.inputs.overrides.stamped if self.inputs.overrides else ():
            said.append(self.say("stamped", role=self.role(role), limit=self.share(self.inputs.params.rubber_stamp)))
        return said

    def rows(self, families: str, group: str, *, total: bool = False) -> list[dict[str, Any]]:
        """A row a level: counts, share, interval, bounds."""
        table = self.inputs.table
        levels = table[(table["families"] == families) & (table["group"] == group)]["level"].unique().tolist()
        places = [(group, level) for level in levels] + ([(EVERYBODY, EVERYBODY)] if total and len(levels) > 1 else [])
        return [self._row(families, *place) for place in places]

    def _row(self, families: str, group: str, level: str) -> dict[str, Any]:
        sustained = self.of(families, group, level, SUSTAINED)
        return {
            "name": self.level(group, level),
            "followed": self.count(self.of(families, group, level, FOLLOWED)["value"]),
            "counts": [self.count(self.of(families, group, level, end)["value"]) for end in ENDS],
            "back": self.count(self.of(families, group, level, REENTERED)["value"]),
            "share": self.with_interval(sustained),
            "bounds": self.within(sustained["lowest"], sustained["highest"]),
            "total": group == EVERYBODY,
        }

    def by_cohort(self, families: str, group: str) -> dict[str, Any]:
        """The share and bounds of each level and decision, where there are several of those."""
        table = self.inputs.table
        own = table[(table["families"] == families) & (table["group"] == group)]
        days = sorted(set(own["cohort"]) - {EVERYBODY})
        found = {
            level: [self.of(families, group, level, SUSTAINED, one) for one in days] for level in own["level"].unique()
        }
        cells = {
            self.level(group, level): [
                {"share": self.share(one["value"]), "bounds": self.within(one["lowest"], one["highest"])}
                for one in figures
            ]
            for level, figures in found.items()
        }
        return {"days": [day(one, self.language) for one in days], "by_day": cells}

    def by_round(self, families: str, group: str) -> dict[str, Any]:
        """Each level's curve in figures: the share that had fallen back by each round of visits, and its bounds."""
        table = self.inputs.table
        own = table[(table["families"] == families) & (table["group"] == group) & (table["measure"] == FELL_BACK_BY)]
        own = own[~own["hidden"]]
        rounds = sorted(own["months"].unique())
        cells: dict[str, list[dict[str, str]]] = {}
        for level, curve in own.groupby("level", sort=True):
            seen = curve.set_index("months").reindex(rounds)
            cells[self.level(group, str(level))] = [
                {"share": self.with_interval(row), "bounds": self.within(row["lowest"], row["highest"])}
                for _, row in seen.iterrows()  # a handful of rounds
            ]
        months = [text("units.month", self.language, count=number(month, self.language)) for month in rounds]
        return {"rounds": months, "by_round": cells}

    def level(self, group: str, level: str) -> str:
        """A level in words: a day, a place, a way of deciding, or what it is called itself."""
        if group == COHORT:
            return day(level, self.language)
        if group == EVERYBODY:
            return text("common.total", self.language)
        if level == "":
            return self.say("levels.unknown")
        key = f"outcomes.levels.{level}"
        return text(key, self.language) if has_text(key) else self.inputs.area_names.get(level, level)

    def curves(self, measure: str) -> dict[str, pd.DataFrame]:
        table = self.inputs.table
        rows = table[(table["group"] == EVERYBODY) & (table["measure"] == measure) & ~table["hidden"]]
        return {str(families): own for families, own in rows.groupby("families", sort=False)}

    def figure(self) -> dict[str, Any] | None:
        found = self.curves(FELL_BACK_BY)
        lines = [Line(self.say(f"families.{name}"), name, found[name]) for name in (LEFT, COMPARED) if name in found]
        return curve_figure(lines, self.language) if lines else None

    def curve_rows(self) -> list[dict[str, Any]]:
        ended, apart = self.curves(ENDED_BY), self.curves(FELL_BACK_APART)
        rows = []
        for families, own in self.curves(FELL_BACK_BY).items():
            other, alone = (one[families].set_index("months")["value"] for one in (ended, apart))
            for row in own.to_dict(orient="records"):  # a handful of rounds
                months = row["months"]
                rows.append(
                    {
                        "families": self.say(f"families.{families}"),
                        "months": text("units.month", self.language, count=number(months, self.language)),
                        "n": self.count(row["n"]),
                        "share": self.with_interval(row),
                        "bounds": self.within(row["lowest"], row["highest"]),
                        "ended": self.share(other[months], 1),
                        "apart": self.share(alone[months]),
                    }
                )
        return rows

    def role(self, role: str) -> str:
        if role == ALL:
            return self.say("levels.all_roles")
        key = f"outcomes.roles.{role}"
        return text(key, self.language) if has_text(key) else role or self.say("levels.unknown")

    def reason(self, code: str) -> str:
        if code == NO_REASON:
            return self.say("no_reason")
        known = self.inputs.reason_words.get(code)
        return known.in_(self.language) if known else code

    def overrides(self) -> dict[str, Any] | None:
        found = self.inputs.overrides
        if found is None:
            return None
        sizes = found.decided["way"].value_counts().to_dict()
        closed = hidden_ways(sizes, self.inputs.min_cell)
        return {
            "agreement": self.agreement(found.agreement.iloc[0]),
            "waiting": self.say("waiting", count=number(found.waiting, self.language)) if found.waiting else "",
            "ways": [self._way(found, way, sizes.get(way, 0), way in closed) for way in WAYS],
            "roles": [
                {
                    "name": self.role(str(row["role"])),
                    "of": self._few(row["of"]),
                    "share": self.share(row["share"]) if row["of"] >= self.inputs.params.fewest else NONE,
                    "stamped": row["role"] in found.stamped,
                }
                for row in found.agreement.iloc[1:].to_dict(orient="records")
            ],
            "reasons": self._reasons(found),
        }

    def agreement(self, row: pd.Series) -> str:
        if row["of"] < self.inputs.params.fewest:
            return self.say("agreement_few", fewest=number(self.inputs.params.fewest, self.language))
        return self.say(
            "agreement",
            of=number(int(row["of"]), self.language),
            agreed=self._few(row["agreed"]),
            share=self.share(row["share"]),
        )

    def _few(self, value: float) -> str:
        return HIDDEN if 0 < value < self.inputs.min_cell else number(int(value), self.language)

    def _way(self, found: Overrides, way: str, families: int, closed: bool) -> dict[str, Any]:
        right = found.right.set_index("way").loc[way]
        good, n = round(right["share"] * right["n"]) if right["n"] else 0, int(right["n"])
        enough = not closed and not any(0 <= one < self.inputs.min_cell for one in (good, n - good))
        return {
            "name": self.say(f"levels.{way}"),
            "families": HIDDEN if closed else number(families, self.language),
            "known": self._few(right["n"]),
            "due": self._few(right["due"]),
            "share": self.with_interval({**right, "value": right["share"]}) if enough else NONE,
            "bounds": self.within(right["lowest"], right["highest"]) if enough else NONE,
        }

    def _reasons(self, found: Overrides) -> list[dict[str, str]]:
        table: pd.DataFrame | Sequence[Any] = [] if self.inputs.reasons is None else self.inputs.reasons
        if not len(table):
            return []
        rows = table.to_dict(orient="records")  # type: ignore[union-attr]  # as many as reasons
        return [
            {
                "way": self.say(f"levels.{row['way']}"),
                "standing": text(f"standing.{row['standing']}", self.language)
                if has_text(f"standing.{row['standing']}")
                else str(row["standing"]),
                "reason": self.reason(str(row["reason"])),
                "families": self.count(row["families"]),
            }
            for row in rows
            if row["way"] in OVERRIDES
        ]
