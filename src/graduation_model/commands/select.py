"""`select`: a scores folder and the programme's rules in, who is proposed out. No model is loaded or needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduation_model.commands.inputs import ProgrammeLike, open_programme, read_parts
from graduation_model.commands.outputs import output_folder, read_manifest
from graduation_model.commands.progress import step
from graduation_model.config import Programme
from graduation_model.errors import DataError
from graduation_model.params import Language

if TYPE_CHECKING:
    import pandas as pd

    from graduation_model.reports.rule_words import RuleWords
    from graduation_model.selection.select import Selection


@dataclass(frozen=True)
class SelectionResult:
    """What `select` wrote: the folder, the summary that its manifest holds, and what the rules cost in words."""

    out: Path
    summary: dict[str, Any]
    costs: tuple[str, ...] = ()

    def story(self) -> str:
        """The list in a few lines, for a terminal."""
        summary = self.summary
        counts = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in summary["recommendations"].items())
        lines = [
            f"{summary['families']:,} families: {counts}",
            f"Proposed {summary['selected']:,}, waiting {summary['waiting_list']:,}; ready is a chance of at least "
            f"{summary['threshold'] + summary['band']:.3f}",
            f"Expected false graduations among the proposed: {summary['expected_false_graduations']:.1f}",
        ]
        if summary["quota"] is not None:
            lines.insert(2, f"Quota {summary['quota']:,}: a ceiling; {summary['quota_unfilled']:,} places stay empty")
        drawn = summary.get("stability")
        if drawn and drawn["kept"] is not None:
            lines.append(f"Of the proposed, {drawn['kept']:.0%} on average are on a list drawn again")
        return "\n".join([*lines, *self.costs, f"See {self.out}"])


def select(
    *,
    programme: ProgrammeLike,
    scores: str | Path,
    out: str | Path,
    quota: int | None = None,
    resamples: int = 0,
    seed: int = 1,
    language: Language = "id",
) -> SelectionResult:
    """Apply the programme's rules to scores.

    Parameters
    ----------
    programme
        A programme, its folder, or its name under `configs/`.
    scores
        A folder that `score --out` wrote; its hashes are checked.
    out
        Gets `selection.parquet`, `rules.parquet` (what each rule cost), `selection.xlsx` and a manifest;
        with `resamples`, `stability.parquet`.
    quota
        At most so many families; default the programme's. A ceiling, never a target to fill.
    resamples
        So many times the list is drawn again, with chances out of their intervals: `stability.parquet`. 0: not.
    seed
        Of those draws.
    language
        Of the workbook's headings.
    """
    from graduation_model.selection.select import select as apply_rules

    programme = open_programme(programme)
    rules = programme.selection
    folder = Path(scores).resolve()
    with step("Checking the scores"):
        scored = read_manifest(folder, "score")
        if scored["model"].get("label_kind") == "imitation":
            raise DataError(
                "These scores imitate past decisions: they are no measure of readiness, and no list is made of them",
                where=folder,
                mend="Follow families up and train again, or read the scores as what people used to decide",
            )
        table = read_parts(folder, "scores")
        contributions = read_parts(folder, "contributions") if rules.never_on_alone else None
    quota = rules.quota if quota is None else quota
    seed_text = scored["parameters"]["as_of"]
    with step("Applying the rules"):
        chosen = apply_rules(table, rules, quota=quota, seed_text=seed_text, contributions=contributions)
    shares = None
    if resamples:
        from graduation_model.selection.stability import stability

        listed = chosen.table.loc[chosen.table["selected"], "household_id"]
        with step(f"Drawing the list again {resamples} times"):
            drawn = stability(
                table,
                rules,
                listed,
                draws=resamples,
                seed=seed,
                quota=quota,
                seed_text=seed_text,
                contributions=contributions,
            )
        shares = drawn.table
        chosen.summary["stability"] = drawn.summary
    workbook = _workbook(chosen, shares, table, programme, scored["model"], language)
    parameters = {"programme": programme.folder, "scores": folder, "quota": quota, "resamples": resamples, "seed": seed}
    with output_folder(out, "select", parameters) as output:
        output.parquet(chosen.table, "selection.parquet")
        output.parquet(chosen.rules, "rules.parquet")
        if shares is not None:
            output.parquet(shares, "stability.parquet")
        output.text(workbook, "selection.xlsx")
        output.facts.update(
            model=scored["model"],
            summary=chosen.summary,
            rules=rules.model_dump(mode="json", exclude_none=True),
            as_of=seed_text,
            simulated=scored.get("simulated", False),
            inputs={name: entry["sha256"] for name, entry in scored["outputs"].items() if name.startswith("scores/")},
        )
    return SelectionResult(Path(out).resolve(), chosen.summary, _costs(chosen.rules, programme))


def _workbook(
    chosen: Selection,
    shares: pd.DataFrame | None,
    scores: pd.DataFrame,
    programme: Programme,
    model: dict[str, Any],
    language: Language,
) -> bytes:
    from graduation_model.reports.pages import expiry_words
    from graduation_model.reports.rule_words import list_words
    from graduation_model.reports.workbook import selection_workbook

    late = expiry_words(model, language)
    return selection_workbook(
        chosen.table if shares is None else chosen.table.merge(shares, on="household_id", validate="1:1"),
        scores,
        language,
        instrument=programme.instrument,
        words=_words(programme, language),
        rules=chosen.rules,
        notes=[*([late] if late else []), *list_words(chosen.summary, language)],
    )


def _costs(rules: pd.DataFrame, programme: Programme) -> tuple[str, ...]:
    """The rules that changed the list, the dearest first."""
    words = _words(programme, "en")
    dearest = rules[rules["binding"]].sort_values(["price_exits", "families"], ascending=False, kind="stable")
    return tuple(f"  {words.name(rule)}. {words.price(rule)}" for rule in dearest.to_dict(orient="records"))


def _words(programme: Programme, language: Language) -> RuleWords:
    from graduation_model.reports.rule_words import RuleWords

    areas = programme.reports.area_names
    return RuleWords(language, programme.selection, area_names=areas, currency=programme.currency)
