"""What a list must keep, as whole numbers: how many families of a group, or how much money, at most or at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ceilings:
    """What a list must keep: `matrix @ chosen <= bound`.

    Attributes
    ----------
    matrix : sparse matrix (n_ceilings, n_families)
        Whole numbers.
    bound : array (n_ceilings,)
        Whole numbers; negative for what a list must hold at least.
    """

    matrix: Any  # scipy.sparse.csc_array; the library is imported where it is needed
    bound: np.ndarray

    def room(self, chosen: np.ndarray) -> np.ndarray:
        """What a list leaves under each ceiling; negative where it breaks one."""
        return self.bound - self.matrix @ chosen.astype(np.float64)

    def of(self, families: np.ndarray, already: np.ndarray) -> Ceilings:
        """The ceilings for some families, after what is chosen already has taken its part."""
        return Ceilings(self.matrix[:, families], self.room(already))

    def that_can_bind(self) -> Ceilings:
        """Only the ceilings that some list breaks."""
        most = self.matrix.maximum(0).sum(axis=1)
        return self.only(most > self.bound)

    def only(self, kept: np.ndarray) -> Ceilings:
        """Some of the ceilings."""
        rows = np.flatnonzero(kept)
        return Ceilings(self.matrix[rows], self.bound[rows])

    def wide(self, share: float) -> np.ndarray:
        """Which ceilings are about that share of the families, or more, or ask for some."""
        about = (self.matrix != 0).sum(axis=1)
        return (about >= share * self.matrix.shape[1]) | (self.bound < 0)

    def and_at_least(self, gain: np.ndarray, value: float) -> Ceilings:
        """These ceilings, and lists that gain no less than a value."""
        from scipy.sparse import csc_array, vstack

        row = csc_array(-gain[np.newaxis, :].astype(np.float64))
        return Ceilings(vstack([self.matrix, row], format="csc"), np.append(self.bound, -value))
