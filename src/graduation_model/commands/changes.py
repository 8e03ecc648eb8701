"""A selection's families and the model that scored them in, what would change each one's recommendation out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.commands.inputs import as_date, known_by
from graduation_model.commands.progress import step
from graduation_model.config import Programme
from graduation_model.contract.tables import Tables
from graduation_model.errors import MissingModel

logger = logging.getLogger(__name__)


def changes_of(
    households: pd.Series,
    programme: Programme,
    scored: dict[str, Any],
    tables: Tables,
    *,
    tracking: str | Path,
) -> pd.DataFrame | None:
    """Return what would carry families over the line, or off it; None where the model that scored them is gone.

    Parameters
    ----------
    households : Series
        Ids of families of the selection.
    scored : dict
        The manifest of the scores.
    tables : Tables
        The data that were scored.
    tracking
        Folder of the tracking store, for a model out of the registry.
    """
    from scipy.special import logit

    from graduation_model.cohort import eligible_rows
    from graduation_model.cohort.dates import as_of_dates
    from graduation_model.explanation.changes import changes
    from graduation_model.explanation.moves import lines_by_area
    from graduation_model.features.context import wave_context

    bundle = _bundle(scored, tracking)
    if bundle is None:
        return None
    date = as_date(scored["parameters"]["as_of"])
    known = known_by(tables, date)
    wave = known.iloc[np.sort(eligible_rows(known, date, programme.cohort))]
    area = programme.cohort.area
    with step("Looking for what would change a recommendation"):
        ends = as_of_dates(known, date, programme.cohort)
        return changes(
            bundle,
            wave[wave["household_id"].isin(households)],
            wave_context(known, ends, bundle.catalogue, cluster=programme.cohort.cluster),
            programme.instrument,
            line=float(logit(programme.selection.line)),
            area_lines=lines_by_area(wave, programme.instrument, area),
            not_on=programme.selection.never_on_alone,
        )


def _bundle(scored: dict[str, Any], tracking: str | Path) -> Any:
    """The model that scored, or None: pages can be made without it, and then say nothing of changes."""
    from graduation_model.estimators.bundle import load_bundle
    from graduation_model.tracking import locate, tracking_uri

    try:
        located = locate(scored["parameters"]["model"], uri=tracking_uri(Path(tracking)))
        bundle = load_bundle(located.folder)
    except MissingModel as error:
        logger.warning("What would change a recommendation is left out: %s", error)
        return None
    if bundle.sha256 != scored["model"]["bundle_sha256"]:
        logger.warning("What would change a recommendation is left out: another model stands where the scores' stood")
        return None
    return bundle
