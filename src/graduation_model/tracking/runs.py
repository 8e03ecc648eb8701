"""A training's record comes in; an MLflow run and a registered version, the challenger, go out.

Everything goes through a client of one address: MLflow's global state (active run, tracking address) stays as found,
and no user name, script path or git commit of the machine enters the run.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

import graduation_model
from graduation_model.errors import OutputError
from graduation_model.tracking import loader
from graduation_model.tracking.record import RegisteredVersion, Scalar, TrainingRecord
from graduation_model.tracking.session import import_mlflow, is_registered, open_client, translated
from graduation_model.tracking.uri import artifact_root

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Metric
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, TensorSpec

logger = logging.getLogger(__name__)

CHALLENGER = "challenger"
LOADER = loader.__name__
# What a served model computes with; MLflow's own guess takes ten seconds and imports everything.
PINNED = ("lightgbm", "numpy", "pandas", "scikit-learn")
PARAMS_A_BATCH, METRICS_A_BATCH = 100, 1000  # limits of MLflow's REST interface
DIGEST_CHARACTERS = 36  # MLflow's column; the whole digest is a parameter


def log_training(record: TrainingRecord, *, uri: str) -> RegisteredVersion:
    """Store a training, register its bundle as a new version, and point `challenger` at it.

    Parameters
    ----------
    record : TrainingRecord
    uri : str
        As `tracking_uri` gives it.

    Raises
    ------
    ModelError
        The tracking store does not answer or refuses.
    OutputError
        Its folder cannot be written.
    """
    mlflow = import_mlflow()
    with translated(uri, doing="storing the training"):
        client = open_client(uri, create=True)
        experiment = experiment_of(client, record.programme, uri)
        with _run(client, experiment, record) as run_id:
            _log_values(client, run_id, record)
            _log_files(client, run_id, record)
            model = _log_model(mlflow, client, run_id, experiment, record)
        registered = _register(client, record, run_id, model)
    logger.info("registered version %s of %s", registered.version, registered.name)
    return registered


def experiment_of(client: MlflowClient, name: str, uri: str) -> str:
    """Return the id of a programme's experiment, made where there is none yet."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name, artifact_location=_experiment_files(name, uri)))
    if found.lifecycle_stage != "active":
        raise OutputError(
            f"The experiment {name} was deleted",
            where="MLflow",
            mend=f"Restore it: mlflow experiments restore --experiment-id {found.experiment_id}",
        )
    return str(found.experiment_id)


def _experiment_files(name: str, uri: str) -> str | None:
    root = artifact_root(uri)
    return None if root is None else f"{root}/{name}"


@contextmanager
def _run(client: MlflowClient, experiment: str, record: TrainingRecord) -> Iterator[str]:
    name = " ".join(str(part) for part in (record.programme, record.params.get("as_of")) if part)
    tags = {
        "programme": record.programme,
        "label": record.label,
        "label_kind": record.label_kind,
        "simulated": plain_text(record.simulated),
        "bundle_sha256": bundle_digest(record.bundle_folder),
        "graduation_model": graduation_model.__version__,
        "mlflow.note.content": _note(record),
    }
    run_id = str(client.create_run(experiment, tags=tags, run_name=name).info.run_id)
    try:
        yield run_id
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def bundle_digest(folder: Path) -> str:
    """The sha256 of a bundle's manifest, which is the bundle's name everywhere."""
    return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()


def _note(record: TrainingRecord) -> str:
    simulated = "SIMULATED: trained on invented families." if record.simulated else ""
    kind = f"STAND-IN LABEL: {record.label_kind}." if record.label_kind != "sustained_exit" else ""
    return "\n\n".join(part for part in (simulated, kind, record.label, *record.notes) if part)


def plain_text(value: Scalar) -> str:
    """Return a scalar as a parameter's text; anything that could carry households is a bug."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, str | int | float):
        return str(value)
    # A frame or list here would carry households into the run; that is a bug, and stops.
    raise TypeError(f"A run's parameter must be a scalar, not {type(value).__name__}")


def _key(name: str) -> str:
    return re.sub(r"[^\w\-. :/]", "_", name)  # a file may be named with more than MLflow's keys allow


def _log_values(client: MlflowClient, run_id: str, record: TrainingRecord) -> None:
    from mlflow.entities import Dataset, DatasetInput, Param

    values: dict[str, Scalar] = dict(record.params)
    for name, (digest, rows) in record.datasets.items():
        values |= {f"data.{name}.sha256": digest, f"data.{name}.rows": rows}
    params = [Param(_key(name), plain_text(value)) for name, value in values.items()]
    for start in range(0, len(params), PARAMS_A_BATCH):
        client.log_batch(run_id, params=params[start : start + PARAMS_A_BATCH])
    metrics = _metrics(record.evaluation)
    for start in range(0, len(metrics), METRICS_A_BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + METRICS_A_BATCH])
    client.log_inputs(
        run_id,
        datasets=[
            DatasetInput(
                Dataset(
                    name=name,
                    digest=digest[:DIGEST_CHARACTERS],
                    source_type="sha256",
                    source=digest,
                    profile=json.dumps({"num_rows": rows}),
                )
            )
            for name, (digest, rows) in record.datasets.items()
        ],
    )


def _metrics(evaluation: pd.DataFrame) -> list[Metric]:
    """Overall values by test year; the groups are many and stand in evaluation.parquet."""
    from mlflow.entities import Metric

    now = time.time_ns() // 1_000_000
    values = metric_table(evaluation)
    return [
        Metric(name, float(value), now, int(step))
        for name, value, step in zip(values["name"], values["value"], values["test_year"], strict=True)
    ]


def metric_table(evaluation: pd.DataFrame) -> pd.DataFrame:
    """Return name, value and test_year of every metric that a run shows.

    Examples
    --------
    >>> evaluation = pd.DataFrame({"model": ["lightgbm", "lightgbm"], "population": "programme", "group": "all",
    ...     "level": "all", "test_year": 2019, "metric": "auc", "value": [0.7, 0.05], "low": [0.6, float("nan")],
    ...     "high": [0.8, float("nan")], "n": 90, "baseline": ["", "status_now"], "outcome_known": "after"})
    >>> metric_table(evaluation)[["name", "value"]].values.tolist() # doctest: +NORMALIZE_WHITESPACE
    [['lightgbm.programme.auc', 0.7], ['lightgbm.programme.auc.minus.status_now', 0.05],
     ['lightgbm.programme.auc.low', 0.6], ['lightgbm.programme.auc.high', 0.8]]
    """
    overall = evaluation[evaluation["group"] == "all"]
    baseline = overall["baseline"].fillna("").astype("str")
    name = (
        overall["model"].astype("str")
        + "."
        + overall["population"].astype("str")
        + "."
        + overall["metric"].astype("str")
        + (".minus." + baseline).where(baseline != "", "")
    )
    parts = [
        pd.DataFrame({"name": name + ending, "value": overall[column], "test_year": overall["test_year"]})
        for column, ending in (("value", ""), ("low", ".low"), ("high", ".high"))
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="value").reset_index(drop=True)


def _log_files(client: MlflowClient, run_id: str, record: TrainingRecord) -> None:
    with tempfile.TemporaryDirectory(prefix="graduation-model-") as folder:
        _write(Path(folder), record.artifacts)
        _write(Path(folder) / "figures", record.figures)
        _write(Path(folder) / "evaluation", {"evaluation.csv": record.evaluation.to_csv(index=False)})
        record.evaluation.to_parquet(Path(folder) / "evaluation" / "evaluation.parquet", index=False)
        client.log_artifacts(run_id, folder)


def _write(folder: Path, files: Mapping[str, bytes | str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        if Path(name).name != name:
            raise ValueError(f"An artifact's name must be a file name, not a path: {name}")
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def _log_model(mlflow: Any, client: MlflowClient, run_id: str, experiment: str, record: TrainingRecord) -> LoggedModel:
    """Store the bundle as an MLflow model: data and the name of its loader, nothing pickled."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    digest = bundle_digest(record.bundle_folder)
    logged = client.create_logged_model(
        experiment,
        name=record.model,
        source_run_id=run_id,
        tags={"bundle_sha256": digest, "simulated": plain_text(record.simulated)},
    )
    example = plain_answers(record.example)
    # Asked once before anything is registered: a bundle that cannot answer its own example never gets a version.
    answered = loader._load_pyfunc(str(record.bundle_folder)).predict(example)
    with tempfile.TemporaryDirectory(prefix="graduation-model-") as folder:
        mlflow.pyfunc.save_model(
            path=f"{folder}/model",
            loader_module=LOADER,
            data_path=str(record.bundle_folder),
            pip_requirements=requirements(),
            signature=signature(example, answered),
            input_example=example,
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                run_id=run_id,
                model_id=logged.model_id,
                metadata={"bundle_sha256": digest},
            ),
        )
        client.log_model_artifacts(logged.model_id, f"{folder}/model")
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    return logged


def requirements() -> list[str]:
    """What an environment needs to serve the model, at the versions that made it."""
    pinned = [f"{name}=={metadata.version(name)}" for name in PINNED]
    return [f"graduation-model=={graduation_model.__version__}", *pinned]


def plain_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers as a request can carry them: numbers as float64, dates as they are, all else as text."""
    return answers.apply(_plain).reset_index(drop=True)


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.astype("datetime64[ns]")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.astype("float64")
    return column.astype(object).where(column.notna(), None)


def signature(asked: pd.DataFrame, answered: pd.DataFrame) -> ModelSignature:
    """Every question by its kind, each of which may be left out, and the columns that scoring answers."""
    from mlflow.models import ModelSignature
    from mlflow.types import Schema

    return ModelSignature(
        Schema(_columns(asked, required=False)), Schema(_columns(plain_answers(answered), required=True))
    )


def _columns(table: pd.DataFrame, *, required: bool) -> list[ColSpec | TensorSpec]:
    from mlflow.types import ColSpec, DataType

    kinds = {"f": DataType.double, "M": DataType.datetime}
    return [ColSpec(kinds.get(table[name].dtype.kind, DataType.string), name, required=required) for name in table]


def _register(client: MlflowClient, record: TrainingRecord, run_id: str, model: LoggedModel) -> RegisteredVersion:
    if not is_registered(client, record.model):
        client.create_registered_model(record.model)
    tags = {"bundle_sha256": bundle_digest(record.bundle_folder), "simulated": plain_text(record.simulated)}
    # The place, not models:/<id>: a SQLite registry would look that up in MLflow's global store instead of this one.
    made = client.create_model_version(
        record.model,
        source=model.artifact_location,
        run_id=run_id,
        tags=tags,
        description=_note(record),
        model_id=model.model_id,
    )
    client.set_registered_model_alias(record.model, CHALLENGER, str(made.version))
    return RegisteredVersion(name=record.model, version=str(made.version), run_id=run_id)
