"""`make ablation`: what each idea adds on the real ENAHO panel, written into docs/ablation.md.

One idea at a time is taken away from the stack as it stands, everything else as in `make results`. Nothing is typed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from graduation_model.commands.inputs import past_of
from graduation_model.config import Programme, load_programme
from graduation_model.contract.tables import Tables
from graduation_model.estimators.params import IntervalParams
from graduation_model.evaluation.backtest import backtest
from graduation_model.ingest.load import load_tables

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lib.codes import one_code_for_all_years  # noqa: E402

AS_OF = pd.Timestamp("2017-12-31")
Change = Callable[[Programme], Programme]


def features(**changes: object) -> Change:
    """Return a programme with other features."""
    return lambda programme: programme.model_copy(update={"features": programme.features.model_copy(update=changes)})


def components(*names: str) -> Change:
    """Return a programme whose stack has these components alone."""

    def change(programme: Programme) -> Programme:
        stack = programme.estimators.stack
        assert stack is not None, "configs/juntos declares a stack"
        kept = tuple(member for member in stack.components if member.name in names)
        estimators = programme.estimators.model_copy(update={"stack": stack.model_copy(update={"components": kept})})
        return programme.model_copy(update={"estimators": estimators})

    return change


def variants(programme: Programme) -> dict[str, Change]:
    protected = tuple(question.name for question in programme.instrument.questions if question.protected)
    return {
        "the stack as it stands": lambda same: same,
        "every year read with the codes of the first": one_code_for_all_years,
        "without history": features(history=()),
        "without the neighbours": features(neighbours=()),
        "without everybody's next wave": components("own_linear", "own_trees"),
        "everybody's next wave alone, linear": components("next_linear"),
        "everybody's next wave alone, trees": components("next_trees"),
        "own label alone, linear": components("own_linear"),
        "own label alone, trees": components("own_trees"),
        "without the region": features(protected=()),
        "with all protected answers": features(protected=protected),
    }


def judged(programme: Programme, tables: Tables) -> pd.DataFrame:
    """Return AUC and Brier of the stack by population and test year."""
    quick = programme.evaluation.model_copy(update={"bootstrap": 20, "groups": ()})
    # No interval is looked at here, and a good one takes as long as the rest.
    plain = programme.estimators.model_copy(update={"intervals": IntervalParams(steps=2, cosines=0)})
    tried = backtest(past_of(programme, tables), AS_OF, estimators=plain, evaluation=quick)
    rows = tried.evaluation.query("model == 'stack' and group == 'all' and baseline == ''")
    rows = rows[rows["metric"].isin(["auc", "brier"])]
    return rows.pivot(index=["population", "test_year"], columns="metric", values="value")


def line(name: str, found: pd.DataFrame, whole: pd.DataFrame) -> str:
    """Return one row of the table: AUC by year, the mean, what it is apart from the whole, and the mean Brier."""
    mean, apart = found["auc"].mean(), found["auc"].mean() - whole["auc"].mean()
    cells = [
        *(f"{value:.3f}" for value in found["auc"]),
        f"{mean:.3f}",
        f"{apart:+.3f}",
        f"{found['brier'].mean():.4f}",
    ]
    return f"| {name} | " + " | ".join(cell.replace("0.", ".", 1) for cell in cells) + " |"


def table(found: dict[str, pd.DataFrame], population: str) -> str:
    """Return one population's table, a row a variant."""
    rows = {name: one.loc[population] for name, one in found.items()}
    whole = next(iter(rows.values()))
    columns = "| | " + " | ".join(str(year) for year in whole.index) + " | mean | apart from the stack | Brier |"
    rule = "|---" * (columns.count("|") - 1) + "|"
    return "\n".join([columns, rule, *(line(name, one, whole) for name, one in rows.items())])


def main() -> None:
    data = os.environ.get("ENAHO")
    if not data:
        sys.exit("Set ENAHO to the folder with assessments.parquet and followups.parquet (configs/juntos/README.md)")
    whole = load_programme(ROOT / "configs" / "juntos")
    found: dict[str, pd.DataFrame] = {}
    tables: dict[int, Tables] = {}
    for name, change in variants(whole).items():
        programme = change(whole)
        books = hash(programme.codebooks == whole.codebooks)
        if books not in tables:
            tables[books] = load_tables(
                data, instrument=programme.instrument, params=programme.ingest, codebooks=programme.codebooks
            )
        found[name] = judged(programme, tables[books])
        print(name, found[name], sep="\n", flush=True)
    page = [
        "# What each idea adds",
        "Written by `make ablation`; nothing here is typed. Data and label as in [results](results.md): the Juntos "
        "families of each test year, AUC of the stack fitted with what was known at the end of that year. One thing at "
        "a time is taken away or added; a difference of less than .005 or so is within what another seed does.",
        table(found, "programme"),
        "Most codes of the survey change meaning in 2018, after the last test year: what reading them all alike costs "
        "then is not in this table.",
        "Protected answers (head's sex, age, language, marital status; kind of place, region) stay out unless a "
        "programme names them in `features.protected`; this one names the region "
        "([decision 102](decisions/0102-the-region-is-a-feature-of-juntos.md)).",
        "## Every household that is poor at its assessment",
        "The same models, which learnt the programme's own label from its families alone.",
        table(found, "poor"),
    ]
    (ROOT / "docs" / "ablation.md").write_text("\n\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
