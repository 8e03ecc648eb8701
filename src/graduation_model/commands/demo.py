"""`demo`: nothing in; one whole year of a simulated province out, ending with pages to open."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.promote import Promotion, promote
from graduation_model.commands.report import Report, report
from graduation_model.commands.score import Scoring, score
from graduation_model.commands.select import SelectionResult, select
from graduation_model.commands.simulate import simulate
from graduation_model.commands.train import Training, train
from graduation_model.errors import ConfigError

WAVES = 5
BANTEN_FAMILIES = 50_000  # whose quota the programme's file states


@dataclass(frozen=True)
class Demo:
    """What each step of the year made."""

    out: Path
    training: Training
    promotion: Promotion
    scoring: Scoring
    selection: SelectionResult
    report: Report

    def story(self) -> str:
        """The year in a few lines for a terminal, ending with what to open."""
        summary = self.selection.summary
        return "\n".join(
            [
                self.training.story(),
                "",
                self.promotion.story(),
                "",
                f"{self.scoring.scored:,} families scored, {summary['selected']:,} proposed of at most "
                f"{summary['quota']}. Everything here is simulated.",
                *self.selection.costs,
                "",
                "Open:",
                f"  {self.report.out / 'index.html'}        (Indonesian)",
                f"  {self.report.out / 'en' / 'index.html'}     (English)",
                f"  {self.training.out / 'model_card.html'}",
                f"  {self.training.out / 'points_card.html'}",
            ]
        )


def demo(
    *,
    out: str | Path = "demo",
    households: int = BANTEN_FAMILIES,
    seed: int = 1,
    programme: ProgrammeLike = "jamsosratu",
) -> Demo:
    """Run simulate, train, promote, score, select and report one after the other.

    Parameters
    ----------
    out
        Gets `data`, `train`, `scores`, `selection`, `report`, and the tracking store.
    households
        Families in the simulated province; the quota shrinks with it.
    seed
        Of the province.
    programme
        A programme with a `simulation` section.
    """
    programme, out = open_programme(programme), Path(out)
    if programme.simulation is None:
        raise ConfigError(
            "This programme has no 'simulation' section",
            where=programme.folder / "programme.yaml",
            mend="Take jamsosratu, or add the section",
        )
    as_of = f"{programme.simulation.last_year}-12-31"
    simulate(programme=programme, out=out / "data", households=households, waves=WAVES, seed=seed)
    training = train(programme=programme, data=out / "data", as_of=as_of, out=out / "train", tracking=out)
    version = training.registered.split("/")[1]
    promotion = promote(programme=programme, version=version, approver="demo (simulated)", tracking=out)
    # Where the gate stays closed, as it may in a small province, the year is shown with the candidate, and the story
    # says that it is none that should decide.
    model = None if promotion.promoted else out / "train" / "bundle"
    scoring = score(programme=programme, data=out / "data", as_of=as_of, out=out / "scores", model=model, tracking=out)
    quota = round((programme.selection.quota or 0) * households / BANTEN_FAMILIES)
    selection = select(programme=programme, scores=out / "scores", out=out / "selection", quota=quota)
    pages = report(
        programme=programme,
        selection=out / "selection",
        out=out / "report",
        training=out / "train",
        effective=f"{programme.simulation.last_year + 1}-02-01",
        tracking=out,
    )
    return Demo(out.resolve(), training, promotion, scoring, selection, pages)
