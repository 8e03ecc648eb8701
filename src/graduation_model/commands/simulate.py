"""`simulate`: a programme and a seed in, a data folder of a province that does not exist out, its truth apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.outputs import output_folder
from graduation_model.commands.progress import step
from graduation_model.errors import ConfigError


@dataclass(frozen=True)
class Simulation:
    """What `simulate` wrote: the folder and the rows of each table."""

    out: Path
    rows: dict[str, int]

    def story(self) -> str:
        """The tables and their rows, for a terminal."""
        return "\n".join(f"{rows:>9,}  {self.out / name}" for name, rows in self.rows.items())


def simulate(
    *, programme: ProgrammeLike, out: str | Path, households: int = 50_000, waves: int = 5, seed: int = 1
) -> Simulation:
    """Write a simulated province: assessments, follow-ups, decisions, and the truth in a folder that no stage reads.

    Parameters
    ----------
    programme
        A programme with a `simulation` section.
    out
        Gets `assessments.parquet`, `followups.parquet`, `decisions.parquet`, `poverty_lines.parquet`, `truth/`. What
        is derived from other answers is left out, as in a partner's files.
    households, waves, seed
        Its size, and the seed: the same seed gives the same bytes.
    """
    from graduation_model.simulation import simulate as make_province

    programme = open_programme(programme)
    if programme.simulation is None:
        raise ConfigError(
            "This programme has no 'simulation' section",
            where=programme.folder / "programme.yaml",
            mend="Simulate configs/jamsosratu, or add the section",
        )
    parameters = {"programme": programme.folder, "households": households, "waves": waves, "seed": seed}
    with output_folder(out, "simulate", parameters) as output:
        with step("Simulating a province"):
            province = make_province(
                programme.instrument, programme.simulation, households=households, waves=waves, seed=seed
            )
        instrument = programme.instrument
        derived = [one.name for one in (*instrument.questions, *instrument.followup) if one.derived]
        for name in ("assessments", "followups", "decisions", "poverty_lines"):
            output.parquet(getattr(province, name).drop(columns=derived, errors="ignore"), f"{name}.parquet")
        output.parquet(province.truth, "truth/households.parquet")
        output.facts["simulated"] = True
        rows = dict(output.rows)
    return Simulation(Path(out).resolve(), rows)
