"""The bundle: a fitted model in, a folder of plain data out, and back again.

`model.txt` (LightGBM's text) or `linear.json`, or one such file a component of a stack; `bundle.json` (card, catalogue,
calibration, ranges), `context.parquet` (quantiles of the last training wave, no household's row), `uncertainty.parquet`
(arrays; see `uncertainty.py`), `manifest.json` (file -> sha256). The manifest is checked before anything else is
parsed, nothing is unpickled, and the same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from graduation_model.cohort.params import LabelKind
from graduation_model.errors import ModelError, OutputError, pass_on_want_of_memory
from graduation_model.estimators.arrays import arrays_from_bytes, arrays_to_bytes
from graduation_model.estimators.boosting import LightGBMScorer
from graduation_model.estimators.calibration import CalibratedAdditive, Calibration
from graduation_model.estimators.combination import Combination
from graduation_model.estimators.scorecard import LogisticScorecard
from graduation_model.estimators.stack import AdditiveStack, StackModel
from graduation_model.estimators.support import outside_support
from graduation_model.estimators.uncertainty import NOTHING_CLAIMED, Uncertainty
from graduation_model.features.catalogue import Catalogue
from graduation_model.params import Label, Params
from graduation_model.parquet import read_frame

FORMAT = 1
MANIFEST, CARD, CONTEXT = "manifest.json", "bundle.json", "context.parquet"
TREES, LINEAR = "model.txt", "linear.json"
UNCERTAINTY = "uncertainty.parquet"
COMPONENT_FILE = {"lightgbm": TREES, "logistic": LINEAR}
KNOWN_FILES = frozenset({MANIFEST, CARD, CONTEXT, UNCERTAINTY, *COMPONENT_FILE.values()})
# A component of a stack: its name, and LightGBM's text or a scorecard's numbers.
MEMBER_FILE = re.compile(r"component_[a-z][a-z0-9_]*\.(txt|json)")
Model = CalibratedAdditive | StackModel
AGAIN = "Fetch the bundle again, or train it again"


class BundleCard(Params):
    """What a person must know of a model before using it.

    Parameters
    ----------
    label, label_title, caveat
        What the model predicts, in the programme's words.
    label_kind
        What kind of label that is; `imitation` is never called readiness.
    model
        `stack`, `lightgbm` or `logistic`.
    as_of
        ISO date: nothing dated later was seen.
    cohorts
        ISO as-of dates of the cohorts with labels.
    base_rate
        Share of positive labels in training, in [0, 1].
    expires
        ISO date: past it the model is out of date. Empty for a bundle from before there were such dates.
    levels
        Question -> its canonical answers in order, so that a bundle can read answers by itself.
    members
        Component of a stack -> its weight.
    simulated
        Learnt from families that do not exist.
    """

    programme: str
    label: str
    label_title: Label
    caveat: Label
    label_kind: LabelKind = "sustained_exit"
    model: str
    as_of: str
    expires: str = ""
    cohorts: tuple[str, ...]
    training_rows: int
    base_rate: float
    seed: int
    instrument_version: str
    package_versions: dict[str, str]
    levels: dict[str, tuple[str, ...]] = {}
    members: dict[str, float] = {}
    simulated: bool = False

    def expired(self, on: str) -> bool:
        """Return whether the model is out of date on an ISO day."""
        return bool(self.expires) and on > self.expires


@dataclass(frozen=True)
class Bundle:
    """A model with everything that scoring needs, and nothing of any household.

    Attributes
    ----------
    card : BundleCard
    model : CalibratedAdditive or StackModel
    catalogue : Catalogue
        Its features, in this order, are the model's.
    support : frame (n_features, 3)
        feature, low, high in training; see `support_ranges`.
    reference_context : frame (n, 3)
        quantity, quantile, value of the last training wave.
    uncertainty : Uncertainty
        Intervals and p-values; without any of them in a bundle of few rows.
    sha256 : str
        Of the manifest's bytes: the bundle's name. Empty until it is saved.
    """

    card: BundleCard
    model: Model
    catalogue: Catalogue
    support: pd.DataFrame
    reference_context: pd.DataFrame
    uncertainty: Uncertainty = NOTHING_CLAIMED
    sha256: str = ""


def save_bundle(bundle: Bundle, folder: Path) -> str:
    """Write a bundle; an older one in the same folder is replaced.

    Returns
    -------
    str
        The bundle's sha256.

    Raises
    ------
    OutputError
        If the folder holds something else, or cannot be written.
    """
    folder = Path(folder)
    files = {CARD: _as_json(_record(bundle)), CONTEXT: _as_parquet(bundle.reference_context)}
    files |= _component_files(bundle.model)
    arrays = bundle.uncertainty.to_arrays()
    files |= {UNCERTAINTY: arrays_to_bytes(arrays)} if arrays else {}
    manifest = _as_json({name: _sha256(content) for name, content in files.items()})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (folder / MANIFEST).write_bytes(manifest)  # last: a bundle that was not finished has none
    except OSError as error:
        raise OutputError(
            f"The bundle cannot be written ({error.strerror})", where=folder, mend="Give a folder that can be written"
        ) from error
    return _sha256(manifest)


def _make_room(folder: Path) -> None:
    strangers = sorted(path.name for path in folder.iterdir() if not _is_known(path.name))
    if strangers:
        raise OutputError(
            f"The folder holds {len(strangers)} things that are no part of a bundle",
            where=folder,
            mend="Give a new folder",
        )
    for path in folder.iterdir():
        path.unlink()


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle whose every byte is the one that was saved.

    Raises
    ------
    ModelError
        If a file is missing, changed or unknown, or the bundle is of another format.
    """
    folder = Path(folder)
    files, sha256 = _checked_files(folder)
    try:
        record = json.loads(files[CARD])
        if record["format"] != FORMAT:
            raise ModelError(
                f"The bundle has format {record['format']}, this program reads {FORMAT}",
                where=folder / CARD,
                mend="Use the program version on its card, or train it again",
            )
        bundle = Bundle(
            card=BundleCard.model_validate(record["card"]),
            model=_model(record, files),
            catalogue=Catalogue.from_records(record["catalogue"]),
            support=_support(record["support"]),
            reference_context=read_frame(files[CONTEXT]),
            uncertainty=_uncertainty(record, files),
            sha256=sha256,
        )
        _try(bundle)
        return bundle
    except ModelError:
        raise
    except Exception as error:  # parquet, JSON, LightGBM and numpy each have a family of errors of their own
        pass_on_want_of_memory(error)
        # The hashes are right, so it was written like this: by another version of the program, or by somebody else.
        raise ModelError(
            f"The bundle is of another shape ({type(error).__name__})",
            where=folder,
            mend="Use the program version that made it, or train it again",
        ) from error


def _try(bundle: Bundle) -> None:
    """Ask once about a family that answered nothing, so that parts which do not fit together show now.

    Raises
    ------
    ValueError
        Where no chance comes of it.
    """
    nothing = pd.DataFrame(np.nan, index=[0], columns=list(bundle.catalogue.names), dtype="float32")
    log_odds = bundle.model.log_odds(nothing)
    low, high = bundle.uncertainty.bounds(nothing, log_odds)
    outside_support(nothing, bundle.support)
    bundle.uncertainty.never_graduated(nothing)
    bundle.uncertainty.conformal_p(log_odds)
    if not np.isfinite(log_odds).all() or (bundle.uncertainty.intervals and not np.isfinite([low, high]).all()):
        raise ValueError("the model gives no chance")


def _checked_files(folder: Path) -> tuple[dict[str, bytes], str]:
    """Read each file once and check it: what is parsed later are the bytes that were checked."""
    if not (folder / MANIFEST).is_file():
        raise ModelError(
            f"There is no {MANIFEST}, so this is no bundle",
            where=folder,
            mend="Give the folder that train wrote as DIR/bundle",
        )
    manifest = (folder / MANIFEST).read_bytes()
    expected = _read_manifest(manifest, folder / MANIFEST)
    found = {path.name for path in folder.iterdir()} - {MANIFEST}
    for name in sorted(found - set(expected)):
        raise ModelError("The file is not in the bundle's manifest", where=folder / name, mend="Take it out")
    for name in sorted(set(expected) - found):
        raise ModelError("A file of the bundle is missing", where=folder / name, mend=AGAIN)
    files = {name: _read(folder / name) for name in sorted(expected)}
    for name, content in files.items():
        if _sha256(content) != expected[name]:
            raise ModelError(
                "The file is not the one that was saved: its sha256 differs", where=folder / name, mend=AGAIN
            )
    return files, _sha256(manifest)


def _read_manifest(content: bytes, where: Path) -> dict[str, str]:
    try:
        manifest = json.loads(content)
    except ValueError:
        manifest = None
    texts = isinstance(manifest, dict) and all(isinstance(value, str) for value in manifest.values())
    # Written again it must give the same bytes: a blank more is a change, too.
    named = texts and {CARD, CONTEXT} <= set(manifest) and all(_is_known(name) for name in manifest)
    if not named or _as_json(manifest) != content:
        raise ModelError("The manifest is not the one that was saved", where=where, mend=AGAIN)
    return manifest


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        pass_on_want_of_memory(error)
        raise ModelError(f"The file cannot be read ({error.strerror})", where=path, mend=AGAIN) from error


def _is_known(name: str) -> bool:
    return name in KNOWN_FILES or MEMBER_FILE.fullmatch(name) is not None


def _record(bundle: Bundle) -> dict[str, Any]:
    if not isinstance(bundle.model, Model):
        raise ValueError("a bundle holds a stack, lightgbm or logistic")
    return {
        "format": FORMAT,
        "card": bundle.card.model_dump(mode="json"),
        "component": bundle.card.model,
        "features": list(bundle.catalogue.names),
        "catalogue": bundle.catalogue.to_records(),
        **_model_record(bundle.model),
        "support": [
            [row.feature, _or_none(row.low), _or_none(row.high)] for row in bundle.support.itertuples(index=False)
        ],
    }


def _model_record(model: Model) -> dict[str, Any]:
    if isinstance(model, CalibratedAdditive):
        return {"calibration": asdict(model.calibration)}
    stack = model.stack
    return {"stack": {"members": list(stack.names_), "left_out": stack.left_out_, **asdict(stack.combination_)}}


def _component_files(model: Model) -> dict[str, bytes]:
    if isinstance(model, StackModel):
        members = zip(model.stack.names_, model.stack.fitted_, strict=True)
        return {_member_file(name, fitted): _component_bytes(fitted) for name, fitted in members}
    return {TREES if _is_trees(model.component) else LINEAR: _component_bytes(model.component)}


def _is_trees(component: Any) -> bool:
    return isinstance(component, LightGBMScorer)


def _member_file(name: str, fitted: Any) -> str:
    return f"component_{name}.{'txt' if _is_trees(fitted) else 'json'}"


def _component_bytes(component: Any) -> bytes:
    return component.text_.encode() if _is_trees(component) else _as_json(component.to_record())


def _model(record: dict[str, Any], files: dict[str, bytes]) -> Model:
    features = record["features"]
    if record["component"] == "stack":
        return _stack(record["stack"], files, features)
    component = _component(COMPONENT_FILE[record["component"]], files, features)
    model = CalibratedAdditive(component, name=record["component"])
    model.calibration = Calibration(**record["calibration"])
    return model


def _component(file: str, files: dict[str, bytes], features: list[str]) -> Any:
    if file.endswith(".txt"):
        return LightGBMScorer.from_text(files[file].decode(), features)
    return LogisticScorecard.from_record(json.loads(files[file]), features)


def _stack(record: dict[str, Any], files: dict[str, bytes], features: list[str]) -> StackModel:
    names, left_out = record.pop("members"), record.pop("left_out")
    ending = {name: "txt" if f"component_{name}.txt" in files else "json" for name in names}
    fitted = [_component(f"component_{name}.{ending[name]}", files, features) for name in names]
    combination = Combination(**{**record, "weights": tuple(record["weights"])})
    return StackModel(AdditiveStack.of_parts(names, fitted, combination, left_out))


def _uncertainty(record: dict[str, Any], files: dict[str, bytes]) -> Uncertainty:
    if UNCERTAINTY not in files:
        return NOTHING_CLAIMED
    return Uncertainty.from_arrays(arrays_from_bytes(files[UNCERTAINTY]), record["features"])


def _support(rows: list[list[Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["feature", "low", "high"])
    return table.astype({"feature": "str", "low": "float64", "high": "float64"})


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _as_json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _as_parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
