"""The rows of `make bench` on exact reasons: the engine beside LightGBM, shap and other packages, in one process.

One thread each, processor seconds, medians of alternating runs: on a shared machine only the ratios count. Two threads
are compared by the clock, so they want a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before anything loads them
    os.environ[name] = "1"

import lightgbm  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from graduation_model.cohort.dates import as_of_dates  # noqa: E402
from graduation_model.config import load_programme  # noqa: E402
from graduation_model.estimators import Bundle, LightGBMScorer, load_bundle  # noqa: E402
from graduation_model.explanation import contributions, exact_shap  # noqa: E402
from graduation_model.explanation.exact import ShapTables  # noqa: E402
from graduation_model.explanation.explainer import Explainer, explainer_of  # noqa: E402
from graduation_model.features import feature_matrix, wave_context  # noqa: E402
from graduation_model.simulation import simulate  # noqa: E402

ROOT = Path(__file__).parents[1]
Row = tuple[str, str, str]
BLOCK = 10_000
FEW = 300  # rows for the slow ways

# Each peer with what it needs besides: fasttreeshap was compiled against numpy 1.
PEERS = {"shapash": ["shapash", "lightgbm"], "fasttreeshap": ["fasttreeshap", "lightgbm", "numpy<2"]}

SHAPASH = """
from shapash import SmartExplainer
import pandas as pd
explainer = SmartExplainer(model=booster)
frame = pd.DataFrame(rows, columns=booster.feature_name())
def explain():
    explainer.compile(x=frame)
    return explainer.explainer.contributions.to_numpy()
show("compile", explain)
"""

FASTTREESHAP = """
import fasttreeshap
for algorithm in ("v1", "v2"):
    def explain():
        explainer = fasttreeshap.TreeExplainer(booster, algorithm=algorithm, n_jobs=1)
        values = explainer.shap_values(rows, check_additivity=False)
        return values[1] if isinstance(values, list) else values
    show(algorithm, explain)
"""

PEER = """
import json, sys, time, importlib.metadata as meta
import lightgbm, numpy as np
booster, rows, theirs = lightgbm.Booster(model_file=sys.argv[1]), np.load(sys.argv[2]), np.load(sys.argv[3])
versions = ", ".join(f"{name} {meta.version(name)}" for name in (sys.argv[4], "numpy", "shap"))
def show(way, explain):
    try:
        start = time.process_time()
        values = explain()
        took = time.process_time() - start
        found = dict(rate=len(rows) / took, off=float(np.abs(values - theirs).max()))
    except Exception as error:
        found = dict(error=f"{type(error).__name__}: {error}")
    print("FOUND", json.dumps(dict(way=way, versions=versions, **found)))
"""


def rates(ways: dict[str, tuple[Callable[[], Any], int]], runs: int = 5) -> dict[str, float]:
    """Return rows a processor second of each way, run in turn."""
    for run, _ in ways.values():
        run()
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, (run, _) in ways.items():
            start = time.process_time()
            run()
            taken[name].append(time.process_time() - start)
    return {name: ways[name][1] / statistics.median(seconds) for name, seconds in taken.items()}


def large_model(categorical: int = 20) -> tuple[lightgbm.Booster, np.ndarray]:
    """Return 400 trees of 31 leaves on 80 features, and their rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 80))
    sets = list(range(80 - categorical, 80))
    X[:, sets] = rng.integers(0, 12, (len(X), categorical))
    X[rng.random(X.shape) < 0.05] = np.nan
    known = np.nan_to_num(X)
    score = known[:, :15] @ rng.normal(size=15) * 0.3 + known[:, 0] * known[:, 1] + (known[:, 79] % 3 == 1)
    settings = {"objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "feature_fraction": 0.5}
    settings |= {"min_data_per_group": 20, "num_threads": 1, "verbose": -1}
    y = score + rng.normal(size=len(X)) > 0
    booster = lightgbm.train(settings, lightgbm.Dataset(X, y, categorical_feature=sets), num_boost_round=400)
    return lightgbm.Booster(model_str=booster.model_to_string()), X


def default_model() -> tuple[Bundle, pd.DataFrame]:
    """Return the committed bundle, and features of simulated families that it was not trained on."""
    bundle = load_bundle(ROOT / "models" / "jamsosratu-simulated" / "bundle")
    programme = load_programme("jamsosratu")
    visits = simulate(programme.instrument, programme.simulation, households=BLOCK, waves=2, seed=77).assessments
    ends = as_of_dates(visits, pd.Timestamp("2020-12-31"), programme.cohort)
    context = wave_context(visits, ends, bundle.catalogue, cluster=programme.cohort.cluster)
    return bundle, feature_matrix(visits, context, bundle.catalogue).iloc[-BLOCK:].reset_index(drop=True)


def default_rows() -> Iterator[Row]:
    """Yield the package's own default model: all components summed to questions; and the whole of `contributions`."""
    import_shap()
    import shap

    bundle, X = default_model()
    few, table = X.iloc[:FEW], X.to_numpy(dtype=np.float64)
    trees = [part.booster_ for _, part in bundle.model.weighted_components[1] if isinstance(part, LightGBMScorer)]
    theirs = [shap.TreeExplainer(booster) for booster in trees]
    explainer = explainer_of(bundle)
    seen = rates(
        {
            "engine": (lambda: [explainer.explain(X) for _ in range(10)], 10 * BLOCK),
            "contributions": (lambda: [contributions(bundle, X) for _ in range(10)], 10 * BLOCK),
            "pred_contrib": (lambda: bundle.model.additive_parts(few), FEW),
            "shap": (lambda: [one.shap_values(table[:FEW]) for one in theirs], FEW),
            "predict": (lambda: [booster.predict(table, raw_score=True, num_threads=1) for booster in trees], BLOCK),
            "log-odds": (lambda: bundle.model.log_odds(X), BLOCK),
        }
    )
    what = f"default model ({len(trees)} of its components trees), {X.shape[1]} features"
    yield f"{what}: engine", f"{seen['engine']:,.0f} rows/s", ""
    yield "… against shap.TreeExplainer on its trees", times(seen, "shap"), "100 x"
    yield "… the same with witnesses predicted twice", times(seen, "shap", "contributions"), ""
    yield "… against pred_contrib", times(seen, "pred_contrib"), "100 x"
    yield "… against LightGBM's predict on its trees", times(seen, "predict"), "1 x"
    yield "… against the whole model's prediction", times(seen, "log-odds"), "1 x"
    start = time.process_time()
    made = Explainer(bundle.model, bundle.catalogue.names, bundle.catalogue.questions)
    took = time.process_time() - start
    yield f"… tables, {made.table_bytes / 1e6:.1f} MB, built and tried", f"{took:.2f} s", "2 s"


def large_rows(booster: lightgbm.Booster, X: np.ndarray) -> Iterator[Row]:
    """Yield a large model: 400 trees x 31 leaves x 80 features, 20 of them categorical."""
    import_shap()
    import shap

    start = time.process_time()
    precise = ShapTables(booster, precise=True)
    built = time.process_time() - start
    tables = ShapTables(booster)
    explainer = shap.TreeExplainer(booster)
    block = X[:BLOCK]
    seen = rates(
        {
            "engine": (lambda: tables.values(block), BLOCK),
            "float64": (lambda: precise.values(block), BLOCK),
            "call": (lambda: exact_shap(booster, block), BLOCK),
            "shap": (lambda: explainer.shap_values(X[:FEW]), FEW),
            "predict": (lambda: booster.predict(block, num_threads=1), BLOCK),
        },
        runs=3,
    )
    theirs = booster.predict(X[:FEW], pred_contrib=True, num_threads=1)[:, :-1]
    off = [np.abs(one.values(X[:FEW]) - theirs).max() for one in (tables, precise)]
    yield "400 trees x 31 leaves x 80 features, float32 sums", f"{seen['engine']:,.0f} rows/s", ""
    yield "… against shap.TreeExplainer", times(seen, "shap"), "100 x"
    yield "… float64 sums against shap.TreeExplainer", times(seen, "shap", "float64"), "100 x"
    yield "… as one call with the booster, which is asked first whether it changed", times(seen, "shap", "call"), ""
    yield "… against LightGBM's predict", times(seen, "predict"), ""
    yield "… largest difference, float32 and float64", f"{off[0]:.0e}, {off[1]:.0e}", "1e-5, 1e-9"
    yield f"… tables, {precise.table_bytes / 1e6:.0f} MB in float64, built", f"{built:.2f} s", "2 s"
    yield "… two threads against one, by the clock", two_threads(precise, X[:BLOCK]), "1.8 x on a quiet machine"


def two_threads(tables: ShapTables, X: np.ndarray, runs: int = 20) -> str:
    """Say how many times as fast two threads are: best of short runs, since others use the machine too.

    By processor time: twice as fast, less what two threads spend on top of one; a quiet machine would show that.
    """
    clock: dict[int, list[float]] = {1: [], 2: []}
    processor: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(runs):
        for threads in clock:
            start = time.perf_counter(), time.process_time()
            tables.values(X, threads=threads)
            clock[threads].append(time.perf_counter() - start[0])
            processor[threads].append(time.process_time() - start[1])
    by_clock = min(clock[1]) / min(clock[2])
    by_processor = 2 * statistics.median(processor[1]) / statistics.median(processor[2])
    return f"{by_clock:.2f} x ({by_processor:.2f} by processor time; load {os.getloadavg()[0]:.0f})"


def peer_rows(booster: lightgbm.Booster, X: np.ndarray, what: str) -> Iterator[Row]:
    """Yield other packages on the same rows, each in an environment of its own; what they get wrong is shown."""
    few = X[:FEW]
    theirs = booster.predict(few, pred_contrib=True, num_threads=1)[:, :-1]
    ours = rates({"call": (lambda: exact_shap(booster, X[:BLOCK]), BLOCK)}, runs=3)["call"]
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{name}" for name in ("model.txt", "rows.npy", "theirs.npy")]
        booster.save_model(files[0])
        np.save(files[1], few)
        np.save(files[2], theirs)
        for peer, script in (("shapash", SHAPASH), ("fasttreeshap", FASTTREESHAP)):
            for found in ask_peer(peer, script, files, Path(folder) / peer):
                name = f"one call against {peer} {found.get('way', '')}, {what} ({found.get('versions', 'not run')})"
                if "error" in found:
                    yield name, found["error"].splitlines()[0][:90], "100 x"
                    continue
                wrong = f", WRONG by {found['off']:.2f}" if found["off"] > 1e-5 else ""
                yield name, f"{ours / found['rate']:.0f} x{wrong}", "100 x"


def ask_peer(peer: str, script: str, files: list[str], folder: Path) -> list[dict[str, Any]]:
    """Install a package in an environment of its own and let it explain the rows."""
    uv, python = str(Path(sys.executable).with_name("uv")), str(folder / "bin" / "python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for words in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", python, *PEERS[peer]],
        [python, "-c", PEER + script, *files, peer],
    ):
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            return [{"error": (done.stderr.strip().splitlines() or ["no message"])[-1]}]
    return [json.loads(line.removeprefix("FOUND ")) for line in done.stdout.splitlines() if line.startswith("FOUND ")]


def times(seen: dict[str, float], other: str, one: str = "engine") -> str:
    return f"{seen[one] / seen[other]:.1f} x"


def import_shap() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the default model alone")
    parser.add_argument("--peers", action="store_true", help="install other packages and measure them, too")
    arguments = parser.parse_args()
    rows = list(default_rows())
    if not arguments.quick:
        booster, X = large_model()
        rows += large_rows(booster, X)
        if arguments.peers:
            rows += peer_rows(booster, X, "20 of 80 categorical")
            rows += peer_rows(*large_model(categorical=0), "all numbers")
    for row in rows:
        print("\t".join(row))


if __name__ == "__main__":
    main()
