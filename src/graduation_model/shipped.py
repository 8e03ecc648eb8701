"""What comes with the package, and where it lies: the programmes in `configs/` and the small bundle in `models/`.

Installed from a wheel they lie inside the package; in the repository they lie at the top, where people edit them.
"""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).with_name("_shipped")
_REPOSITORY = Path(__file__).parents[2]


def here_or_shipped(path: str | Path) -> tuple[Path, Path]:
    """Return where to look for a path: in the current folder first, then in what came with the package.

    Examples
    --------
    >>> here, shipped = here_or_shipped("configs/jamsosratu")
    >>> here.as_posix(), (shipped / "programme.yaml").is_file()
    ('configs/jamsosratu', True)
    """
    return Path(path), (_INSTALLED if _INSTALLED.is_dir() else _REPOSITORY) / path
