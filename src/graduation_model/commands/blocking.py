"""What `monitor` found in; leave to score, or a refusal in words, out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from graduation_model.commands.outputs import MANIFEST, read_manifest
from graduation_model.config import Programme
from graduation_model.errors import DataError, LimitError
from graduation_model.ingest.formats import sha256_of
from graduation_model.parquet import read_frame
from graduation_model.wording import has_text, text

SHOWN = 5


def leave_to_score(
    monitored: str | Path | None,
    approver: str,
    programme: Programme,
    *,
    as_of: str,
    inputs: dict[str, str],
) -> dict[str, Any]:
    """Return what a manifest says of monitoring; stop where a finding blocks and nobody answers for going on.

    Parameters
    ----------
    monitored
        A folder that `monitor --out` wrote, or None: then nothing is looked at, and the manifest says so.
    approver
        Who answers for scoring in spite of a blocking finding.
    as_of, inputs
        Of the scoring: the wave and the files that must have been monitored.

    Raises
    ------
    DataError
        The folder is gone or changed, or is of another wave or other files.
    LimitError
        A finding that `monitoring.blocking` names crossed its limit, and nobody approves.
    """
    if monitored is None:
        return {"folder": None, "blocks_on": list(programme.monitoring.blocking)}
    folder = Path(monitored).resolve()
    manifest = read_manifest(folder, "monitor")
    _check_same(folder, manifest, as_of, inputs)
    # What blocks is the programme's word today, not that of the day of the monitoring.
    found = read_frame(folder / "findings.parquet")
    found = found[found["measure"].isin(programme.monitoring.blocking)]
    if len(found) and not approver.strip():
        raise LimitError(
            f"Nobody is scored, since monitoring crossed limits that the programme marked as blocking: "
            f"{_in_words(found, programme)}",
            where=folder,
            mend="Mend the cause and monitor again, or name by --approver who answers for scoring all the same",
        )
    return {
        "folder": str(folder),
        "manifest_sha256": sha256_of(folder / MANIFEST),
        "crossed": int(sum(manifest["told"].values())),
        "blocking": found[["measure", "subject"]].to_dict(orient="records"),
        "approver": approver.strip() if len(found) else "",
    }


def _check_same(folder: Path, manifest: dict[str, Any], as_of: str, inputs: dict[str, str]) -> None:
    seen = manifest["parameters"]["as_of"]
    if seen != as_of:
        raise DataError(
            f"This monitoring is of the wave up to {seen}, not up to {as_of}",
            where=folder,
            mend="Run 'monitor' with the same --as-of",
        )
    others = sorted(name for name, digest in inputs.items() if manifest["inputs"].get(name) != digest)
    if others:
        raise DataError(
            f"This monitoring is of other files: {', '.join(others[:SHOWN])}",
            where=folder,
            mend="Run 'monitor' on the data that are scored",
        )


def _measure(code: str) -> str:
    family = "measures" if has_text(f"monitor.measures.{code}") else "habit_names"
    return text(f"monitor.{family}.{code}", "en")


def _in_words(found: pd.DataFrame, programme: Programme) -> str:
    labels = {question.name: question.label.in_("en") for question in programme.instrument.questions}
    said = [
        f"{labels.get(row['subject'], row['subject']) or text('monitor.apart', 'en')} ({_measure(row['measure'])})"
        for row in found.head(SHOWN).to_dict(orient="records")
    ]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "; ".join([*said, *more])
