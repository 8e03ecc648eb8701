"""A function in, the same compiled by numba out. Imported by kernels alone: numba takes a second to load."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numba

logger = logging.getLogger(__name__)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, without Python's lock, and keep the code on disk.

    numba keeps it beside the source or, where that cannot be written, in NUMBA_CACHE_DIR or the user's cache folder.
    Where none of them can be written, as in a sealed container, each process compiles anew.
    """
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError as error:  # numba finds no folder
        logger.info("Compiled code is not kept (%s): set NUMBA_CACHE_DIR to a folder that can be written", error)
        return numba.njit(nogil=True)(function)
