"""The pages' rows of `make bench`: 2,500 sheets with index, their sizes, and the same sheets as PDF.

With `--peers`, beside the pages that shapash and explainerdashboard make, each in an environment of its own.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pandas as pd

# Everything in one process, timed apart: what is read first is `score`'s and `select`'s work, and not the pages'.
PAGES = """
import resource, sys, time
from multiprocessing import forkserver
from pathlib import Path
from graduation_model.commands.report_inputs import Sources, report_inputs
from graduation_model.commands.inputs import open_programme, read_tables
from graduation_model.commands.outputs import read_manifest
from graduation_model.reports.pages import report_pages, report_pdfs
scores, selection, data, out = map(Path, sys.argv[1:5])
programme = open_programme(sys.argv[5])
tables = read_tables(programme, data, need_followups=False)
sources = Sources(selection, read_manifest(selection, "select"), scores, read_manifest(scores, "score"), tables)
inputs = report_inputs(programme, sources)
families, sheets = len(inputs.families), len(inputs.listed)
def write(page):
    path = out / page.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page.content.encode() if isinstance(page.content, str) else page.content)
start, cpu = time.perf_counter(), time.process_time()
sizes, reached, used = {}, {}, {}
for page in report_pages(inputs, ("id",)):
    write(page)
    kind = page.path.split("/")[0]
    sizes[kind] = max(sizes.get(kind, 0), len(page.content))
    reached[kind], used[kind] = time.perf_counter() - start, time.process_time() - cpu
start = time.perf_counter()
pages = 0
for page in report_pdfs(inputs, "id"):
    write(page)
    pages += 1
pdf = time.perf_counter() - start
forkserver._forkserver._stop()  # other processes set them, whose time counts once their parent was waited for
children = resource.getrusage(resource.RUSAGE_CHILDREN)
pdf_cpu = children.ru_utime + children.ru_stime
print(families, sheets, reached["households"], used["households"], reached["letters"] - reached["households"])
print(pdf, pdf_cpu, pages, sizes["households"], sizes["index.html"])
"""

# The peers explain the same number of families by a model of the same kind on data of the same size; both make one
# page of a whole model, which opens without a server, where ours makes one a family.
PEER = """
import sys, time, warnings
import numpy as np, pandas as pd
warnings.filterwarnings("ignore")
from lightgbm import LGBMClassifier
rng = np.random.default_rng(1)
names = [f"question_{place}" for place in range(60)]
X = pd.DataFrame(rng.normal(size=(int(sys.argv[2]), 60)), columns=names)
y = (X.iloc[:, :5].sum(axis=1) + rng.normal(size=len(X)) > 0).astype(int)
model = LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1).fit(X, y)
start = time.perf_counter()
if sys.argv[1] == "shapash":
    import shapash
    from shapash import SmartExplainer
    explainer = SmartExplainer(model=model)
    explainer.compile(x=X, y_pred=pd.DataFrame({"y": model.predict(X)}, index=X.index))
    table = explainer.to_pandas(max_contrib=5)
    for place in range(10):
        explainer.plot.local_plot(index=place).to_html(include_plotlyjs=False)
    each = (time.perf_counter() - start) / 10
    print(shapash.__version__, time.perf_counter() - start, 10, len(explainer.plot.local_plot(index=0).to_html()))
else:
    import explainerdashboard
    from explainerdashboard import ClassifierExplainer, ExplainerDashboard
    explainer = ClassifierExplainer(model, X, y)
    board = ExplainerDashboard(explainer, shap_interaction=False, decision_trees=False, whatif=False)
    html = board.to_html()
    print(explainerdashboard.__version__, time.perf_counter() - start, 1, len(html))
"""
PEERS = {"shapash": ["shapash", "lightgbm"], "explainerdashboard": ["explainerdashboard", "lightgbm"]}
PROGRAMME = Path(__file__).parent.parent / "configs" / "jamsosratu"
SHEETS = 2_500
MODEL = Path(__file__).parent.parent / "models" / "jamsosratu-simulated"

Row = tuple[str, str, str]


def rows(households: int = 50_000) -> list[Row]:
    """Return the rows of one simulated province: what, seen, limit.

    Parameters
    ----------
    households
        Of the province; how many of them get a sheet, the scores and the rules decide.
    """
    command = [str(Path(sys.executable).with_name("graduation-model"))]
    with tempfile.TemporaryDirectory() as folder:
        data, scores, selection = (f"{folder}/{name}" for name in ("data", "scores", "selection"))
        copied = Path(shutil.copytree(PROGRAMME, Path(folder) / "jamsosratu"))
        programme = ["--programme", str(copied)]
        for step in (
            ["simulate", *programme, "--households", str(households), "--waves", "3", "--out", data],
            ["score", *programme, "--data", data, "--as-of", "2020-12-31", "--model", str(MODEL), "--out", scores],
        ):
            subprocess.run([*command, *step], check=True, capture_output=True)
        _let_through(copied / "programme.yaml", Path(scores))
        chosen = ["select", *programme, "--scores", scores, "--quota", str(SHEETS), "--out", selection]
        subprocess.run([*command, *chosen], check=True, capture_output=True)
        words = [sys.executable, "-c", PAGES, scores, selection, data, f"{folder}/report", programme[1]]
        said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    families, sheets, html, html_cpu, letters, pdf, pdf_cpu, files, sheet, index = map(float, said)
    count = f"{sheets:,.0f} sheets"
    return [
        (f"HTML, {count} + index + minutes + summary", f"{html:.1f} s ({html_cpu:.1f} s CPU)", "5 s"),
        ("  and as many letters", f"{letters:.1f} s", "-"),
        ("largest sheet", f"{sheet / 1000:.1f} KB", "20 KB"),
        (f"index, {families:,.0f} families", f"{index / 1e6:.2f} MB", "1.5 MB"),
        (f"PDF, {count}, {files:.0f} files", f"{pdf:.0f} s ({pdf_cpu:.0f} s CPU)", "30 s"),
    ]


def _let_through(settings: Path, scores: Path) -> None:
    """Set the threshold where as many families as there shall be sheets are above it, ready or to be reviewed."""
    chances = pd.concat(
        pd.read_parquet(part, columns=["probability"]) for part in (scores / "scores").glob("*.parquet")
    )
    least = chances["probability"].nlargest(SHEETS).iloc[-1]
    lower = settings.read_text(encoding="utf-8")
    for before, after in (("cost_ratio: 5", f"cost_ratio: {least / (1 - least):.4f}"), ("band: 0.05", "band: 0")):
        assert before in lower
        lower = lower.replace(before, after)
    settings.write_text(lower, encoding="utf-8")


def peers(families: int = 2_500) -> list[Row]:
    """Return the rows of the peers, with their versions; one that cannot be had says so."""
    found = []
    for name, packages in PEERS.items():
        with tempfile.TemporaryDirectory() as folder:
            venv.create(folder, with_pip=True)
            python = f"{folder}/bin/python"
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=False, capture_output=True)
            words = [python, "-c", PEER, name, str(families)]
            made = subprocess.run(words, check=False, capture_output=True, text=True)
        if made.returncode:
            found.append((f"{name}", "could not be run", "-"))
            continue
        version, taken, pages, size = made.stdout.split()[-4:]
        what = f"{name} {version}, {families:,} families, {pages} page(s)"
        found.append((what, f"{float(taken):.1f} s, {int(size) / 1e6:.1f} MB", "-"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=50_000)
    parser.add_argument("--peers", action="store_true", help="shapash and explainerdashboard, downloaded for it")
    arguments = parser.parse_args()
    for what, seen, limit in [*rows(arguments.households), *(peers() if arguments.peers else ())]:
        print(f"{what:55} {seen:>25}   limit {limit}")


if __name__ == "__main__":
    main()
