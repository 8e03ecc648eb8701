"""A bundle and families' answers in, what would carry a family over the line, or off it, out.

For a family below the line: the fewest actionable steps, at most three, that carry it over. Steps act together inside
trees, so that every combination is scored and none is added up. For a family above the line: the answers that keep it
there, and what one step back of each would do. History and neighbours stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from graduation_model.contract.instrument import Instrument
from graduation_model.estimators.bundle import Bundle
from graduation_model.explanation.moves import Moves, heard_of, moves
from graduation_model.features.context import WaveContext
from graduation_model.features.matrix import feature_matrix

MOST = 3
# Pairs and triples are looked for among a family's so many strongest single steps.
STRONGEST = 8
ROWS_AT_A_TIME = 100_000
_TYPES = {
    "household_id": "str",
    "direction": "str",
    "step": "int64",
    "question": "str",
    "now": "str",
    "then": "str",
    "log_odds_now": "float64",
    "log_odds_then": "float64",
    "line": "float64",
    "reaches": "bool",
}
CHANGE_COLUMNS = tuple(_TYPES)
_NOTHING = pd.DataFrame(columns=list(_TYPES)).astype(_TYPES)
TO_READY, KEEPS_READY = "to_ready", "keeps_ready"


def changes(
    bundle: Bundle,
    rows: pd.DataFrame,
    context: WaveContext,
    instrument: Instrument,
    *,
    line: float,
    area_lines: pd.Series | None = None,
    not_on: Collection[str] = (),
) -> pd.DataFrame:
    """Say of every family what would change what is recommended.

    Parameters
    ----------
    bundle : Bundle
    rows : frame (n_families, ...)
        Typed assessments, one a family, dated within the context's waves.
    context : WaveContext
    instrument : Instrument
    line : float
        Log-odds from which a family is ready.
    area_lines : Series, optional
        See `moves.lines_by_area`.
    not_on : collection of str
        Questions that carry nobody over the line, such as goods, which are bought or borrowed for the visit. What
        keeps a family ready may be one of them.

    Returns
    -------
    frame (n_steps, 10)
        `CHANGE_COLUMNS`. `to_ready`: the steps of one set in their order, `log_odds_then` after this step and those
        before it; `reaches` whether the set reaches the line, and where none does the best steps there are.
        `keeps_ready`: up to three answers, each by itself, whose step back lowers the log-odds the most;
        `reaches` whether that step alone leads below the line. A family that no step moves has no row.
    """
    rows = rows[_needed(rows, instrument, bundle, context, area_lines)].reset_index(drop=True)
    now = _log_odds(bundle, rows, context)
    ready = now >= line
    last = len(context.wave_ends) - 1
    starts = {name: seen.sorted_values for (wave, name), seen in context.distributions.items() if wave == last}
    parts = [_NOTHING]
    for forwards in (True, False):
        families = np.flatnonzero(ready != forwards)
        if len(families):
            steps = moves(
                rows.iloc[families].reset_index(drop=True),
                instrument,
                bundle.catalogue,
                forwards=forwards,
                starts=starts,
                area_lines=area_lines,
                leave_out=not_on if forwards else (),
            )
            search = _Search(bundle, context, steps, now[families], line)
            parts.append(search.forwards() if forwards else search.back())
    table = pd.concat(parts, ignore_index=True).astype(_TYPES)
    return table.sort_values(["household_id", "direction", "step"], ignore_index=True, kind="stable")


def _needed(
    rows: pd.DataFrame, instrument: Instrument, bundle: Bundle, context: WaveContext, area_lines: pd.Series | None
) -> list[str]:
    """What the model and the steps read; families come many times, so that every other column would cost."""
    heard = heard_of(instrument, bundle.catalogue)
    conditions = {question.asked_if.question for question in instrument.questions if question.asked_if}
    limits = {check.at_most for check in instrument.cross_checks if check.at_most}
    area = None if area_lines is None else area_lines.name
    read = {"household_id", "assessment_date", context.cluster, area} | heard | conditions | limits
    return [name for name in rows if name in read]


def _log_odds(bundle: Bundle, rows: pd.DataFrame, context: WaveContext) -> np.ndarray:
    return bundle.model.log_odds(feature_matrix(rows, context, bundle.catalogue))


@dataclass(frozen=True)
class _Search:
    """All steps of some families that are on one side of the line."""

    bundle: Bundle
    context: WaveContext
    steps: Moves
    now: np.ndarray
    line: float

    def after(self, family: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Log-odds of families after sets of steps: places of questions (n, 1 to 8), -1 for none."""
        found = np.empty(len(family))
        for start in range(0, len(family), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            member = np.zeros((len(family[part]), len(self.steps.questions) + 1), dtype=bool)
            np.put_along_axis(member, steps[part], True, axis=1)  # -1 is the last column, which is cut off
            moved = self.steps.moved(family[part], member[:, :-1])
            found[part] = _log_odds(self.bundle, moved, self.context)
        return found

    def singles(self) -> np.ndarray:
        """Log-odds after each single step (n_families, n_questions); NaN where a family has no such step."""
        found = np.full(self.steps.then.shape, np.nan)
        family, place = np.nonzero(~np.isnan(self.steps.then))
        found[family, place] = self.after(family, place[:, np.newaxis])
        return found

    def forwards(self) -> pd.DataFrame:
        """The smallest set of steps over the line, or the three strongest steps where there is none."""
        single = self.singles()
        strongest = _strongest(np.where(single > self.now[:, np.newaxis], single, np.nan), STRONGEST)
        chosen = strongest[:, :MOST].copy()
        open_ = np.arange(len(single))
        # Every step is in a promised direction: where all of them together do not reach the line, no few do.
        for size in range(1, MOST + 1):
            family, sets = _sets(open_, strongest, size)
            gained = single[family, sets[:, 0]] if size == 1 else self.after(family, sets)
            best = self._best(family, sets, gained)
            chosen[family[best]] = -1
            chosen[family[best], :size] = sets[best]
            open_ = np.setdiff1d(open_, family[best])
            if size == 1 and len(open_):
                open_ = open_[self.after(open_, strongest[open_]) >= self.line]
        return self._told(chosen, TO_READY)

    def _best(self, family: np.ndarray, sets: np.ndarray, gained: np.ndarray) -> np.ndarray:
        """One set a family among those that reach the line: the most that can be done soon, then the furthest."""
        reach = np.flatnonzero(gained >= self.line)
        soon = np.array([question.actionable == "soon" for question in self.steps.questions])
        order = reach[np.lexsort((-gained[reach], -soon[sets[reach]].sum(axis=1), family[reach]))]
        return order[np.unique(family[order], return_index=True)[1]]

    def back(self) -> pd.DataFrame:
        """The answers whose step back lowers the log-odds the most."""
        single = self.singles()
        return self._told(_strongest(-np.where(single < self.now[:, np.newaxis], single, np.nan), MOST), KEEPS_READY)

    def _told(self, sets: np.ndarray, direction: str) -> pd.DataFrame:
        """The table's rows: one a family and step."""
        family, step = np.nonzero(sets >= 0)
        together = direction == TO_READY
        taken = np.full((len(family), sets.shape[1]), -1)
        for place in range(sets.shape[1]):
            use = place <= step if together else place == step
            taken[use, place] = sets[family[use], place]
        then = self.after(family, taken)
        now, after = self.steps.words(family, sets[family, step])
        last = pd.Series(then).groupby(family).transform("last").to_numpy()
        names = np.array([question.name for question in self.steps.questions], dtype=object)
        return pd.DataFrame(
            {
                "household_id": self.steps.rows["household_id"].to_numpy()[family],
                "direction": direction,
                "step": step + 1,
                "question": names[sets[family, step]],
                "now": now,
                "then": after,
                "log_odds_now": self.now[family],
                "log_odds_then": then,
                "line": self.line,
                "reaches": (last >= self.line) if together else (then < self.line),
            }
        )


def _strongest(gain: np.ndarray, most: int) -> np.ndarray:
    """Places of the largest values of each row, the largest first; -1 where there are fewer."""
    most = min(most, gain.shape[1])
    order = np.argsort(np.where(np.isnan(gain), np.inf, -gain), axis=1, kind="stable")[:, :most]
    return np.where(np.isnan(np.take_along_axis(gain, order, axis=1)), -1, order)


def _sets(families: np.ndarray, strongest: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Every set of so many of each family's strongest steps."""
    which = np.array(list(combinations(range(strongest.shape[1]), size)), dtype=np.int64).reshape(-1, size)
    sets = strongest[families][:, which].reshape(-1, size)
    family = np.repeat(families, len(which))
    whole = (sets >= 0).all(axis=1)
    return family[whole], sets[whole]
