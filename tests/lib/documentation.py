"""The commands that the documentation gives: lines of its `sh` blocks, as a shell would read them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
OWN = "graduation-model"


def commands(page: Path) -> list[list[str]]:
    """Return the words of every command of a page's `sh` blocks, in order."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]
