"""`make results`: train on the real ENAHO panel, and write what came out into the README and docs/results.md.

Nothing in those tables is typed: they are made from `evaluation.parquet`. The data's folder is `$ENAHO`.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pandas as pd

import graduation_model

ROOT = Path(__file__).parents[1]
AS_OF = "2017-12-31"
NAMES = {
    "stack": "additive stack",
    "lightgbm": "LightGBM, monotone directions",
    "logistic": "logistic scorecard",
    "weighted_sum": "hand-weighted sum",
    "pmt": "proxy means test",
    "status_now": "official status now, alone",
    "random": "random order",
}
TITLES = {
    "auc": "AUC",
    "average_precision": "average precision",
    "brier": "Brier (lower is better)",
    "precision_at_quota": "precision in the best fifth",
    "recall_at_quota": "recall in the best fifth",
    "false_graduations_at_quota": "false graduations in the best fifth",
    "calibration_slope": "calibration slope",
    "calibration_in_the_large": "observed minus predicted share",
}


def cell(row: pd.Series) -> str:
    """Return a value with its interval."""
    value, low, high = (f"{number:.3f}".replace("0.", ".", 1) for number in (row["value"], row["low"], row["high"]))
    return f"{value} [{low}, {high}]"


def table(rows: pd.DataFrame, title: str) -> str:
    """Return models x test years in Markdown."""
    text = rows.assign(text=rows.apply(cell, axis=1)).pivot(index="model", columns="test_year", values="text")
    text = text.reindex([name for name in NAMES if name in text.index]).fillna("–")
    head = f"| {title} | " + " | ".join(f"{year}" for year in text.columns) + " |"
    lines = [f"| {NAMES[str(name)]} | " + " | ".join(cells) + " |" for name, cells in text.iterrows()]
    return "\n".join([head, "|---" * (len(text.columns) + 1) + "|", *lines])


def overall(evaluation: pd.DataFrame, metric: str, baseline: str = "", population: str = "programme") -> pd.DataFrame:
    """Return one metric of every model over all families of a population."""
    return evaluation[
        (evaluation["group"] == "all")
        & (evaluation["baseline"] == baseline)
        & (evaluation["metric"] == metric)
        & (evaluation["population"] == population)
    ]


def pooled(evaluation: pd.DataFrame, population: str = "programme") -> str:
    """Return the stack's paired difference to every other model, over all test years at once."""
    rows = evaluation[
        (evaluation["group"] == "test_years")
        & (evaluation["model"] == "stack")
        & (evaluation["population"] == population)
    ]
    text = rows.assign(text=rows.apply(cell, axis=1)).pivot(index="baseline", columns="metric", values="text")
    text = text.reindex([name for name in NAMES if name in text.index])[["auc", "brier", "precision_at_quota"]]
    head = f"| stack minus …, {rows['level'].iloc[0]} | AUC | Brier | precision in the best fifth |"
    lines = [f"| {NAMES[str(name)]} | " + " | ".join(cells) + " |" for name, cells in text.iterrows()]
    return "\n".join([head, "|---" * 4 + "|", *lines])


def readme_block(evaluation: pd.DataFrame) -> str:
    """Return the README's tables: AUC, precision in the best fifth, and the difference to the status alone."""
    sizes = overall(evaluation, "auc").drop_duplicates("test_year").set_index("test_year")["n"]
    share = overall(evaluation, "share_positive").drop_duplicates("test_year").set_index("test_year")["value"]
    count = ", ".join(f"{year}: {sizes[year]:,} ({share[year]:.1%} stayed out)" for year in sizes.index)
    return "\n\n".join(
        [
            table(overall(evaluation, "auc"), "AUC, programme's families"),
            table(overall(evaluation, "precision_at_quota"), "precision in the best fifth"),
            table(overall(evaluation, "auc", "status_now"), "AUC minus that of status now, paired"),
            pooled(evaluation),
            f"Labelled families tested: {count}. Intervals: 95 %, bootstrap of clusters.",
        ]
    )


def write_between(path: Path, content: str) -> None:
    """Replace what stands between the markers of a page."""
    marked = re.compile(r"(<!-- results -->\n).*?(<!-- /results -->)", re.DOTALL)
    text = path.read_text(encoding="utf-8")
    if not marked.search(text):
        sys.exit(f"{path.name} has no <!-- results --> markers")
    path.write_text(marked.sub(lambda found: found[1] + content + "\n" + found[2], text), encoding="utf-8")


def results_page(evaluation: pd.DataFrame) -> str:
    """Return docs/results.md: every metric, and the families apart by their status at the assessment."""
    parts = [
        "# Results on real households",
        "Written by `make results`; nothing here is typed. Data: ENAHO panel (INEI), Juntos families, the label of "
        f"`configs/juntos`; `train --as-of {AS_OF}`. The row of a test year is a model fitted with what was known at "
        "the end of that year. Intervals: 95 %, bootstrap of clusters.",
        *(f"## {title}\n\n{table(overall(evaluation, metric), title)}" for metric, title in TITLES.items()),
        "## The stack against the others, all test years at once",
        "Paired on the same families, meaned over the years; a cluster is drawn in all of its years together. Below "
        "zero is better for Brier.",
        pooled(evaluation),
        "## Every household that is poor at the assessment",
        "Population `poor`: whoever is officially poor or extremely poor, in a programme or not. The label is the same "
        "(not poor at both visits); the three models are fitted anew on the labels of these households, and the stack "
        "on everybody's next wave besides.",
        *(
            table(overall(evaluation, metric, population="poor"), TITLES[metric])
            for metric in ("auc", "brier", "calibration_slope")
        ),
        pooled(evaluation, "poor"),
        "## AUC within a status, the stack",
        "Telling a poor family from a non-poor one is easy; telling families of one status apart is the harder half.",
        by_group(evaluation, "poverty_status"),
        "## AUC of the stack in clusters that training saw, and in those that it did not",
        by_group(evaluation, "cluster_in_training"),
    ]
    return "\n\n".join(parts) + "\n"


def by_group(evaluation: pd.DataFrame, group: str) -> str:
    """Return level x year of the stack's AUC, with the number of families."""
    rows = evaluation[
        (evaluation["group"] == group) & (evaluation["metric"] == "auc") & (evaluation["model"] == "stack")
    ]
    rows = rows.assign(text=rows.apply(cell, axis=1) + ", n " + rows["n"].astype(str))
    text = rows.pivot(index="level", columns="test_year", values="text").fillna("too few")
    head = f"| {group.replace('_', ' ')} | " + " | ".join(f"{year}" for year in text.columns) + " |"
    lines = [f"| {str(level).replace('_', ' ')} | " + " | ".join(cells) + " |" for level, cells in text.iterrows()]
    return "\n".join([head, "|---" * (len(text.columns) + 1) + "|", *lines])


def main() -> None:
    data = os.environ.get("ENAHO")
    if not data:
        sys.exit("Set ENAHO to the folder with assessments.parquet and followups.parquet (configs/juntos/README.md)")
    out = ROOT / "runs" / "juntos-2017"
    training = graduation_model.train(
        programme=ROOT / "configs" / "juntos", data=data, as_of=AS_OF, out=out, tracking=ROOT / "runs"
    )
    write_between(ROOT / "README.md", readme_block(training.evaluation))
    (ROOT / "docs" / "results.md").write_text(results_page(training.evaluation), encoding="utf-8")
    print(training.story())


if __name__ == "__main__":
    main()
