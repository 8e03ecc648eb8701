"""What a programme did year by year: the facts of a step come in and become a run; every run of the programme goes out.

Each run hangs on the training run of the model that decided, and carries its version.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import graduation_model
from graduation_model.tracking.record import Scalar
from graduation_model.tracking.registry import CHAMPION
from graduation_model.tracking.runs import experiment_of, plain_text
from graduation_model.tracking.session import is_registered, open_client, translated

if TYPE_CHECKING:
    from mlflow import MlflowClient

TRAINING = "training"
PAGE = 1000


@dataclass(frozen=True)
class Step:
    """One thing that was done: a cohort scored, a list made, a wave monitored. No household's values.

    Attributes
    ----------
    kind : str
    as_of : str
        ISO date.
    digest : str
        sha256 of the manifest: the same step is remembered once.
    bundle_sha256 : str
        Of the model that decided; empty where none did.
    params : mapping of str to scalar
    figures : mapping of str to float
    version, model : str
        As the registry knows the model that decided; empty where it does not.
    started : str
        When it was remembered, or trained: ISO, in UTC.
    """

    kind: str
    as_of: str
    digest: str
    bundle_sha256: str = ""
    params: Mapping[str, Scalar] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    version: str = ""
    model: str = ""
    started: str = ""


@dataclass(frozen=True)
class Memory:
    """Everything that a programme's store remembers: steps, oldest first; versions' tags; the champion's version."""

    steps: tuple[Step, ...]
    tags: Mapping[tuple[str, str], Mapping[str, str]]
    champion: tuple[str, str] | None


def remember(programme: str, names: Sequence[str], steps: Sequence[Step], *, uri: str) -> int:
    """Make a run of every step that has none yet; returns how many are new.

    Parameters
    ----------
    programme : str
        The experiment's name.
    names : sequence of str
        Of the registered models that may have decided.
    steps : sequence of Step
    """
    with translated(uri, doing="remembering the year"):
        client = open_client(uri, create=True)
        experiment = experiment_of(client, programme, uri)
        known = {run.data.tags.get("manifest_sha256") for run in _finished(client, experiment)}
        versions = {tags["bundle_sha256"]: one for one, tags in _versions(client, names).items()}
        new = [step for step in steps if step.digest not in known]
        for step in new:
            _log(client, experiment, programme, step, versions.get(step.bundle_sha256))
    return len(new)


def _log(client: MlflowClient, experiment: str, programme: str, step: Step, version: tuple[str, str] | None) -> None:
    from mlflow.entities import Metric, Param

    tags = {
        "programme": programme,
        "kind": step.kind,
        "as_of": step.as_of,
        "manifest_sha256": step.digest,
        "bundle_sha256": step.bundle_sha256,
        "graduation_model": graduation_model.__version__,
    }
    if version is not None:
        training = str(client.get_model_version(*version).run_id)
        tags |= {"model_name": version[0], "model_version": version[1], "mlflow.parentRunId": training}
    run = client.create_run(experiment, tags=tags, run_name=f"{programme} {step.as_of} {step.kind}")
    now = run.info.start_time
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(name, float(value), now, 0) for name, value in step.figures.items()],
        params=[Param(name, plain_text(value)) for name, value in step.params.items()],
    )
    client.set_terminated(run.info.run_id, "FINISHED")


def recall(programme: str, names: Sequence[str], *, uri: str) -> Memory:
    """Return everything that is remembered of a programme.

    Raises
    ------
    ModelError
        There is no store, or it does not answer.
    """
    with translated(uri, doing="remembering the years"):
        client = open_client(uri)
        found = client.get_experiment_by_name(programme)
        runs = [] if found is None else _finished(client, str(found.experiment_id))
        tags = _versions(client, names)
        by_digest = {one["bundle_sha256"]: version for version, one in tags.items()}
        champions = [
            (name, str(aliases[CHAMPION]))
            for name in names
            if is_registered(client, name) and CHAMPION in (aliases := client.get_registered_model(name).aliases)
        ]
    steps = [_step(run, by_digest) for run in runs]
    return Memory(tuple(sorted(steps, key=lambda step: step.started)), tags, next(iter(champions), None))


def _step(run: Any, versions: Mapping[str, tuple[str, str]]) -> Step:
    tags, params = run.data.tags, run.data.params
    digest = tags.get("bundle_sha256", "")
    model, version = versions.get(digest, ("", ""))
    return Step(
        kind=tags.get("kind", TRAINING),
        as_of=tags.get("as_of", params.get("as_of", "")),
        digest=tags.get("manifest_sha256", ""),
        bundle_sha256=digest,
        params=params,
        figures=run.data.metrics,
        version=version,
        model=model,
        started=dt.datetime.fromtimestamp(run.info.start_time / 1000, dt.UTC).isoformat(timespec="milliseconds"),
    )


def _finished(client: MlflowClient, experiment: str) -> list[Any]:
    """The runs that came to their end: one that was cut off says nothing that could be relied on."""
    runs: list[Any] = []
    token = None
    while True:
        page = client.search_runs([experiment], "attributes.status = 'FINISHED'", max_results=PAGE, page_token=token)
        runs += list(page)
        token = page.token
        if not token:
            return runs


def _versions(client: MlflowClient, names: Sequence[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Name and version -> its tags, of every version that says which bundle it is; a later one wins the bundle."""
    found = [one for name in names for one in client.search_model_versions(f"name = '{name}'")]
    found = sorted((one for one in found if "bundle_sha256" in one.tags), key=lambda one: int(one.version))
    return {(one.name, str(one.version)): dict(one.tags) for one in found}
