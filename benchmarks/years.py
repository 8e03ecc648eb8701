"""`make years`: three years of a small simulated province in a row, each from the folder of the one before.

Each year: monitor the wave, retrain from last year's folder with the model that decides still deciding, ask for the
challenger's promotion in a named person's name, and remember it. At the end stand the years as a table.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import graduation_model
from graduation_model.config import Programme, load_programme

ROOT = Path(__file__).parents[1]
FAMILIES, WAVES, FIRST = 2_000, 6, 2018
APPROVER = "years (simulated)"


def quick(programme: Programme) -> Programme:
    """Take a scorecard and fifty resamples, and visit more of the retained: three years in two minutes."""
    fewer = programme.evaluation.model_copy(update={"test_years": 3, "bootstrap": 50})
    scorecard = programme.estimators.model_copy(update={"model": "logistic"})
    assert programme.simulation is not None, "configs/jamsosratu has a simulation"
    visits = programme.simulation.visits.model_copy(update={"retained": 0.4})
    province = programme.simulation.model_copy(update={"visits": visits})
    return programme.model_copy(update={"evaluation": fewer, "estimators": scorecard, "simulation": province})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "years")
    parser.add_argument("--families", type=int, default=FAMILIES)
    arguments = parser.parse_args()
    out, programme = arguments.out.resolve(), quick(load_programme(ROOT / "configs" / "jamsosratu"))
    if (out / "data" / "manifest.json").is_file():
        shutil.rmtree(out)  # ours: an earlier run
    data, given = out / "data", {"programme": programme, "tracking": out}
    graduation_model.simulate(programme=programme, households=arguments.families, waves=WAVES, seed=1, out=data)
    first = graduation_model.train(**given, data=data, as_of=f"{FIRST}-12-31", out=out / str(FIRST) / "train")
    print(first.story(), "\n", ask(given, first.registered), "\n", sep="")
    for year in range(FIRST + 1, FIRST + 3):
        this = {**given, "data": data, "as_of": f"{year}-12-31"}
        model = out / str(year - 1) / "train" / "bundle"
        seen = graduation_model.monitor(**this, model=model, out=out / str(year) / "monitor")
        done = graduation_model.retrain(
            **this,
            last=out / str(year - 1),
            quota=round(arguments.families / 20),
            monitor=seen.out,
            approver=APPROVER,
            out=out / str(year),
        )
        print(f"--- {year}", seen.story(), done.story(), ask(given, done.registered), sep="\n", end="\n\n")
    folders = [out / str(year) for year in range(FIRST, FIRST + 3)]
    print(graduation_model.history(**given, folders=folders, out=out / "history").story())


def ask(given: dict[str, object], registered: str) -> str:
    """Ask the gate in a person's name: only that may promote."""
    version = registered.split("/")[1]
    return graduation_model.promote(**given, version=version, approver=APPROVER).story()


if __name__ == "__main__":
    main()
