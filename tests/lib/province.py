"""Report inputs of a small simulated province with everything on its pages: long names, hostile ids, doubts, plans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from graduation_model.config import load_programme
from graduation_model.explanation.reasons import top_reasons
from graduation_model.reports.inputs import ReportInputs
from graduation_model.selection.select import select
from graduation_model.simulation import simulate

ROOT = Path(__file__).parents[2]
HOSTILE = ("<script>document.title='run'</script>", "../../etc/passwd", "'\"><img src=x onerror=alert(1)>", "=1+1")
LONG_NAME = "Raden Ayu Siti Nurhaliza Kartanegara binti Haji Abdurrahman Wirasasmita"
LONG_VILLAGE = "Desa Sukamaju Mekarsari Karangtanjung Ab"  # 40 characters
BASE = -0.4


def province_inputs(*, households: int = 120, seed: int = 1) -> ReportInputs:
    """Families of the simulated province with invented contributions; the programme's own settings and words."""
    programme = load_programme(ROOT / "configs" / "jamsosratu")
    assert programme.simulation is not None
    province = simulate(programme.instrument, programme.simulation, households=households, waves=2, seed=seed)
    last = province.assessments["assessment_date"].dt.year == programme.simulation.last_year
    names = dict(zip(province.assessments.loc[last, "household_id"], (*HOSTILE, LONG_NAME), strict=False))
    visits = _renamed(province.assessments, names)
    now = visits[visits["assessment_date"].dt.year == programme.simulation.last_year]
    contributions = _contributions(now, programme.instrument.questions, np.random.default_rng(seed))
    scores = _scores(now, contributions, programme.selection.carry)
    keys = pd.DataFrame({"household_id": now["household_id"].to_numpy(), "base_log_odds": BASE})
    explained = pd.concat([keys, contributions], axis=1)
    chosen = select(
        scores, programme.selection, quota=households // 12, seed_text="2020-12-31", contributions=explained
    )
    before = visits[visits["assessment_date"].dt.year < programme.simulation.last_year]
    villages = dict.fromkeys(now["village_code"].unique(), LONG_VILLAGE)
    inputs = ReportInputs(
        title=programme.title,
        instrument=programme.instrument,
        params=programme.reports.model_copy(update={"area_names": villages | programme.reports.area_names}),
        selection_params=programme.selection,
        label_title=programme.label.title,
        caveat=programme.label.caveat,
        model={"name": "stack", "version": "3", "bundle_sha256": "ab" * 32, "as_of": "2020-12-31"},
        selection=chosen.table,
        scores=scores,
        contributions=explained,
        rules=chosen.rules,
        answers=now.set_index("household_id"),
        previous=before.set_index("household_id"),
        wave=now.set_index("household_id"),
        decisions=_renamed(province.decisions, names),
        uep=_renamed(province.uep, names),
        hand_points=pd.Series(np.arange(len(now), dtype=float), index=now["household_id"].to_numpy()),
        effective=pd.Timestamp("2021-02-01"),
        followup_months=tuple(visit.months for visit in programme.followup.visits(programme.label)),
        currency=programme.currency,
        summary=chosen.summary,
        area=programme.cohort.area,
        hashes={"assessments.parquet": "cd" * 32},
        simulated=True,
    )
    listed = inputs.listed["household_id"]
    return replace(inputs, flags=_flags(listed), changes=_changes(listed))


def _renamed(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """A few families with names that a page could stumble over, and one facilitator with a long one."""
    table = table.assign(household_id=table["household_id"].replace(names))
    if "facilitator_id" in table:
        table = table.assign(facilitator_id=table["facilitator_id"].replace({"F0001": LONG_NAME}))
    return table


def _contributions(now: pd.DataFrame, questions: tuple, rng: np.random.Generator) -> pd.DataFrame:
    names = [question.name for question in questions if question.name in now and question.kind not in ("date", "text")]
    drawn = rng.normal(0.02, 0.12, (len(now), len(names))) + rng.normal(0.04, 0.05, (len(now), 1))
    table = pd.DataFrame(drawn, columns=names)
    # Every family with an odd name is on the list, and so has pages.
    odd = now["household_id"].isin([*HOSTILE, LONG_NAME]).to_numpy()
    table.loc[odd, "income_month_idr"] += 2.6 - (table[odd].sum(axis=1) + BASE)
    return table


def _scores(now: pd.DataFrame, contributions: pd.DataFrame, carry: tuple[str, ...]) -> pd.DataFrame:
    log_odds = BASE + contributions.sum(axis=1)
    probability = 1 / (1 + np.exp(-log_odds))
    carried = ["household_id", "assessment_date", *carry]
    return pd.concat(
        [
            now[carried].reset_index(drop=True),
            pd.DataFrame(
                {
                    "as_of_date": pd.Timestamp("2020-12-31"),
                    "probability": probability,
                    "probability_low": (probability - 0.12).clip(0.01),
                    "probability_high": (probability + 0.05).clip(upper=0.99),
                    "conformal_p": 1 - probability,
                    "log_odds": log_odds,
                    "base_log_odds": BASE,
                    "support": "inside",
                    "completeness": 0.95,
                    "model": "stack",
                    "model_version": "3",
                    "bundle_sha256": "ab" * 32,
                }
            ),
            top_reasons(contributions),
        ],
        axis=1,
    )


def _flags(listed: pd.Series) -> pd.DataFrame:
    found = [("n_earners", "earners_within_members", "kept"), ("has_motorbike", "assets_lost", "kept"),
             ("has_tv", "assets_lost", "kept"), ("floor_area_m2", "minimum", "answer_set_aside")]  # fmt: skip
    rows = [(household, *one) for household in listed[::2] for one in found]
    return pd.DataFrame(rows, columns=["household_id", "question", "rule", "effect"])


def _changes(listed: pd.Series) -> pd.DataFrame:
    steps = [(1, "income_month_idr", "1250000.0", "1750000.0"), (2, "has_business", "no", "yes"),
             (3, "savings_idr", "0.0", "500000.0")]  # fmt: skip
    rows = [(household, "to_ready", *step, True) for household in listed for step in steps]
    return pd.DataFrame(rows, columns=["household_id", "direction", "step", "question", "now", "then", "reaches"])
