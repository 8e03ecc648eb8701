"""Facilitators: settings in, each one's leniency, style and copying out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graduation_model.simulation.params import SimulationParams

STYLES = {-1: "harsh", 0: "plain", 1: "generous"}


@dataclass(frozen=True)
class Facilitators:
    """One entry a facilitator.

    Attributes
    ----------
    leniency : float32 array
        Standard score.
    style : int8 array
        -1 harsh, 0 plain, 1 generous.
    copies : bool array
    """

    leniency: np.ndarray
    style: np.ndarray
    copies: np.ndarray


def draw_facilitators(n: int, params: SimulationParams, *, rng: np.random.Generator) -> Facilitators:
    """Draw who they are; nobody changes from year to year."""
    made, order = params.facilitators, rng.permutation(n)
    style, copies = np.zeros(n, dtype=np.int8), np.zeros(n, dtype=bool)
    harsh, generous = round(made.harsh * n), round(made.generous * n)
    style[order[:harsh]], style[order[harsh : harsh + generous]] = -1, 1
    copies[rng.permutation(n)[: round(made.copying * n)]] = True
    return Facilitators(rng.standard_normal(n, dtype=np.float32), style, copies)


def copied_from(
    facilitator: np.ndarray, who: Facilitators, params: SimulationParams, *, rng: np.random.Generator
) -> np.ndarray:
    """Return for each family of a wave the position of the one whose sheet is handed in for it: mostly its own.

    Parameters
    ----------
    facilitator : int array (n,)

    Returns
    -------
    int array (n,)
    """
    n = len(facilitator)
    source, order = np.arange(n), rng.permutation(n)
    copied = who.copies[facilitator] & (rng.random(n) < params.facilitators.copied)
    honest = order[~copied[order]]
    # One sheet a facilitator: that of the first family really visited, in a random order.
    first = np.full(len(who.copies), -1)
    first[facilitator[honest][::-1]] = honest[::-1]
    taken = copied & (first[facilitator] >= 0)
    source[taken] = first[facilitator[taken]]
    return source
