"""Products of matrices: by one thread, since they round by how many share them, and with memory for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits  # noqa: TID251  (here alone)

from graduation_model.errors import need_memory

# What OpenBLAS takes for itself at a thread's first product, and keeps; numpy and scipy each bring one.
WORKSPACE = 2 * (32 << 20)


@contextmanager
def one_thread(api: str | None = "blas") -> Iterator[None]:
    """Compute in one thread, once there is memory for what BLAS takes.

    OpenBLAS before 0.3.31 asks for ever where it is refused, and nothing else in the process runs meanwhile (its issue
    5289); later ones end the process.

    Parameters
    ----------
    api : str, optional
        The libraries held to one thread, by `threadpoolctl`'s name; None for all, of trees too.

    Raises
    ------
    MemoryError
        There is not enough.
    """
    need_memory(WORKSPACE)
    with threadpool_limits(limits=1, user_api=api):
        yield
