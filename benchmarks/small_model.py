"""`make model`: rebuild models/jamsosratu-simulated/ from a small simulated province."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import graduation_model

ROOT = Path(__file__).parents[1]
PROGRAMME, TARGET = ROOT / "configs" / "jamsosratu", ROOT / "models" / "jamsosratu-simulated"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, out = Path(folder) / "data", Path(folder) / "train"
        graduation_model.simulate(programme=PROGRAMME, out=data, households=5_000, waves=5, seed=1)
        graduation_model.train(programme=PROGRAMME, data=data, as_of="2020-12-31", out=out, tracking=folder)
        shutil.rmtree(TARGET, ignore_errors=True)
        shutil.copytree(out / "bundle", TARGET / "bundle")
        shutil.copy(out / "model_card.html", TARGET)


if __name__ == "__main__":
    main()
