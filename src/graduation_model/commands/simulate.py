"""`simulate`: a programme and a seed in, a data folder of a province that does not exist out, its truth apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from graduation_model.commands.inputs import ProgrammeLike, open_programme
from graduation_model.commands.messy import write_messy
from graduation_model.commands.outputs import output_folder
from graduation_model.commands.progress import step
from graduation_model.errors import ConfigError
from graduation_model.params import LANGUAGES

TABLES = ("assessments", "followups", "decisions", "uep", "poverty_lines")


@dataclass(frozen=True)
class Simulation:
    """What `simulate` wrote: the folder, the rows of each table, and how many figures missed what was aimed at."""

    out: Path
    rows: dict[str, int]
    outside: int

    def story(self) -> str:
        """The tables and their rows, for a terminal."""
        tables = [f"{rows:>9,}  {self.out / name}" for name, rows in self.rows.items()]
        page = self.out / "en" / "calibration.md"
        return "\n".join([*tables, f"{self.outside} figures outside of what was aimed at: {page}"])


def simulate(
    *,
    programme: ProgrammeLike,
    out: str | Path,
    households: int = 50_000,
    waves: int = 5,
    seed: int = 1,
    province: str | None = None,
    messy: bool = False,
) -> Simulation:
    """Write a simulated province: what a programme has on file, and the truth in a folder that no stage reads.

    Parameters
    ----------
    programme
        A programme with a `simulation` section.
    out
        Gets `assessments`, `followups`, `decisions`, `uep` and `poverty_lines` (each `.parquet`; what is derived from
        other answers is left out, as in a partner's files),
        `truth/`, and `calibration.html` (Indonesian, `en/` English) with `calibration.md`: each figure that was aimed
        at beside the one that came out.
    households, waves, seed
        Its size, and the seed: the same seed gives the same bytes.
    province
        `honest`, `unrecorded`, `recorded` or `quiet`; None: as the programme says. See `simulation.params`.
    messy
        Write the assessments as eight offices would: a folder of workbooks with faults, `mapping.yaml` to read them
        with, and every planted fault in `truth/planted.parquet`.
    """
    from graduation_model.reports.calibration_page import calibration_page, calibration_text
    from graduation_model.reports.render import page_place
    from graduation_model.simulation import PROVINCES, calibration
    from graduation_model.simulation import simulate as make_province

    programme = open_programme(programme)
    if programme.simulation is None:
        raise ConfigError(
            "This programme has no 'simulation' section",
            where=programme.folder / "programme.yaml",
            mend="Simulate configs/jamsosratu, or add the section",
        )
    params = programme.simulation
    if province is not None:
        if province not in PROVINCES:
            raise ConfigError(f"There is no province '{province}'", mend=f"Give one of {', '.join(PROVINCES)}")
        params = params.model_copy(update={"province": province})
    parameters = {"programme": programme.folder, "households": households, "waves": waves, "seed": seed}
    parameters |= {"province": params.province} | ({"messy": True} if messy else {})
    with output_folder(out, "simulate", parameters) as output:
        with step("Simulating a province"):
            made = make_province(programme.instrument, params, households=households, waves=waves, seed=seed)
        instrument = programme.instrument
        derived = [one.name for one in (*instrument.questions, *instrument.followup) if one.derived]
        if messy:
            with step("Writing it down as offices do"):
                assessments = made.assessments.drop(columns=derived, errors="ignore")
                write_messy(output, assessments, programme, seed=seed)
        for name in (table for table in TABLES if not (messy and table == "assessments")):
            output.parquet(getattr(made, name).drop(columns=derived, errors="ignore"), f"{name}.parquet")
        output.parquet(made.truth, "truth/households.parquet")
        figures = calibration(made, programme.instrument, params)
        for language in LANGUAGES:
            for render, kind in ((calibration_page, "html"), (calibration_text, "md")):
                page = render(figures, title=programme.title, province=params.province, language=language)
                output.text(page, page_place(f"calibration.{kind}", language))
        output.facts["simulated"] = True
        rows = dict(output.rows)
    return Simulation(Path(out).resolve(), rows, sum(figure.inside is False for figure in figures))
