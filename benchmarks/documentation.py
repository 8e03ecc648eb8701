"""Every `sh` block of the tutorial and of the how-tos, as it stands there; a part of `make hard`. Some minutes."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from graduation_model.cli import main  # noqa: E402
from lib.documentation import OWN, commands  # noqa: E402

# One folder for all: a how-to goes on with what the tutorial left.
PAGES = ("tutorial.md", "howto/own-questionnaire.md", "howto/dask.md")
GOOD = {0, 1}  # 1: `check` found what it was to find


def run() -> int:
    """Run them all; returns how many did not end well."""
    os.chdir(tempfile.mkdtemp())
    failed = 0
    for page in PAGES:
        for words in commands(ROOT / "docs" / page):
            assert words[0] == OWN
            start = time.perf_counter()
            code = main(words[1:])
            failed += code not in GOOD
            print(f"{page}: {' '.join(words[:2])}: {code}, {time.perf_counter() - start:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(run())
