"""Everything that the pages are made from, gathered as one frozen object; and the families that get a sheet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.params import Label, Language
from graduation_model.reports.file_names import safe_names
from graduation_model.reports.params import ReportParams
from graduation_model.selection.params import SelectionParams
from graduation_model.wording import text

# What a family's place on the list is called; `recommendation` alone does not say who is proposed and who waits.
STANDINGS = ("proposed", "waiting", "ready", "review", "not_ready", "cannot_say")
LISTED = ("proposed", "waiting", "review")
# The model among the hashes; all others are of input files.
BUNDLE = "bundle"
# How many reasons for and against the scores name.
SIDES, TOP = ("for", "against"), 5


def label_stamp(kind: str, language: Language) -> str:
    """Return the stamp of a kind of label; empty for a sustained exit."""
    return "" if kind == "sustained_exit" else text(f"label_kinds.{kind}_stamp", language)


@dataclass(frozen=True)
class ReportInputs:
    """What one run's pages show.

    Attributes
    ----------
    title, label_title, caveat : Label
        The programme's name; the outcome in words; what that outcome is not.
    instrument : Instrument
    params, selection_params
        The programme's settings of pages and of selection.
    model : mapping
        name, version, bundle_sha256 and as_of (ISO: nothing later was learnt from) of what scored.
    selection, scores, contributions : frame
        As docs/reference/tables.md says; contributions are needed for listed families only.
    answers : frame (n_listed, ...)
        Typed assessments of listed families at their assessment date, index household_id.
    previous : frame
        The same for the assessment before; may be empty.
    wave : frame (n_families, ...)
        What is summed up to say what is usual: places and facts of every scored family, index household_id.
    flags : frame (household_id, question, rule, effect)
        What the check found in the visits of listed families.
    decisions, uep : frame
        What was decided and granted by the as-of date.
    earlier : frame, optional
        The list before this one (`selection`), with its `as_of_date`.
    hand_points : Series, optional
        The hand-weighted sum of every scored family, index household_id.
    changes : frame, optional
        What would change a recommendation, for listed families: household_id, direction, step, question, now, then.
    effective : Timestamp, optional
        The day on which decisions take effect; dates of follow-up are left to be filled in where it is not known.
    followup_months : tuple of int
        When a family that left is visited again, in months from that day.
    summary : mapping
        Of the selection: `quota` is the one that held.
    currency : str
        Sign before amounts of money.
    area, village, facilitator : str
        Columns of the scores that say where a family lives and who assessed it; shown where they are there.
    quarantine, not_scored : mapping
        Rule or reason -> count.
    evaluation, fairness : frame, optional
        Of the training whose bundle scored; shown where they are given.
    rules, stability, compared : frame, optional
        What each rule cost, how often resampling chose each family, and what changed since the list before.
    hashes : mapping
        File -> sha256 of what the pages were made from.
    simulated : bool
        Stamped on every page: these are no real families.
    """

    title: Label
    instrument: Instrument
    params: ReportParams
    selection_params: SelectionParams
    label_title: Label
    caveat: Label
    model: Mapping[str, Any]
    selection: pd.DataFrame
    scores: pd.DataFrame
    contributions: pd.DataFrame
    answers: pd.DataFrame
    previous: pd.DataFrame
    currency: str
    wave: pd.DataFrame = field(default_factory=pd.DataFrame)
    flags: pd.DataFrame = field(default_factory=pd.DataFrame)
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    uep: pd.DataFrame = field(default_factory=pd.DataFrame)
    earlier: pd.DataFrame | None = None
    hand_points: pd.Series | None = None
    changes: pd.DataFrame | None = None
    effective: pd.Timestamp | None = None
    followup_months: tuple[int, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    area: str = ""
    village: str = "village_code"
    facilitator: str = "facilitator_id"
    quarantine: Mapping[str, int] = field(default_factory=dict)
    not_scored: Mapping[str, int] = field(default_factory=dict)
    evaluation: pd.DataFrame | None = None
    fairness: pd.DataFrame | None = None
    rules: pd.DataFrame | None = None
    stability: pd.DataFrame | None = None
    compared: pd.DataFrame | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False

    @cached_property
    def families(self) -> pd.DataFrame:
        """Every family of the selection with its scores, its `standing`, its `file` and the `area_name`, by rank."""
        twice = [name for name in self.scores if name in self.selection and name != "household_id"]
        both = self.selection.merge(self.scores.drop(columns=twice), on="household_id", how="left", validate="1:1")
        both["standing"] = standing(both)
        both["area_name"] = self.place_names(both, self.area)
        both = both.sort_values(["rank", "household_id"], kind="stable", na_position="last", ignore_index=True)
        both["file"] = pd.Series(safe_names(both["household_id"].tolist()), dtype="str")
        return both

    @cached_property
    def listed(self) -> pd.DataFrame:
        """The families that get a sheet: proposed, waiting, or in the review band."""
        families = self.families
        listed = families[families["standing"].isin(LISTED)].reset_index(drop=True)
        if "assessment_date" not in listed:
            dates = self.answers["assessment_date"].reindex(listed["household_id"])
            listed["assessment_date"] = dates.to_numpy()
        return listed

    @cached_property
    def listed_rows(self) -> list[dict[str, Any]]:
        """The same, a mapping a family: put together once for all pages, a column at a time."""
        columns = [self.listed[name].tolist() for name in self.listed]
        return [dict(zip(self.listed, row, strict=True)) for row in zip(*columns, strict=True)]

    def label_stamp(self, language: Language) -> str:
        """Return what every page says where the label is a stand-in; empty where it is the programme's own."""
        return label_stamp(str(self.model.get("label_kind", "sustained_exit")), language)

    @cached_property
    def inputs_sha256(self) -> str:
        """One fingerprint of every input file, as `sha256sum` would print it of the list that it prints of them."""
        listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.hashes.items()) if name != BUNDLE)
        return hashlib.sha256(listed.encode()).hexdigest()

    @property
    def ceiling(self) -> int | None:
        """The quota that held; None where there was none."""
        quota = self.summary.get("quota", self.selection_params.quota)
        return None if quota is None else int(quota)

    def place_names(self, frame: pd.DataFrame, column: str) -> pd.Series:
        """Return the names of places in a column of codes; the code itself where no name is known, else ''."""
        if not column or column not in frame:
            return pd.Series("", index=frame.index, dtype="str")
        codes = frame[column].astype("str").fillna("")
        return codes.map({code: self.params.area_names.get(code, code) for code in codes.unique()}).astype("str")

    def question_label(self, name: str, language: Language) -> str:
        """Return a question's name for people; the name itself where the instrument does not know it."""
        question = self.instrument.by_name.get(name)
        return question.label.in_(language) if question else name


def standing(selection: pd.DataFrame) -> np.ndarray:
    """Return each family's place on the list: one of `STANDINGS`.

    Examples
    --------
    >>> standing(pd.DataFrame({"recommendation": ["ready", "ready", "review"], "selected": [True, False, False],
    ...                        "waiting_list_position": [None, 1, None]})).tolist()
    ['proposed', 'waiting', 'review']
    """
    recommendation = selection["recommendation"].astype("str").to_numpy(dtype=object)
    selected = selection["selected"].to_numpy(dtype=bool)
    waiting = selection["waiting_list_position"].notna().to_numpy()
    return np.select([selected, waiting], ["proposed", "waiting"], recommendation)
