"""Progress for people: steps and bars where the command line shows them, nothing where Python calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
_shown: ContextVar[Any] = ContextVar("progress", default=None)


@contextmanager
def show_progress() -> Iterator[None]:
    """Show steps and bars on stderr for as long as this lasts."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class Rate(ProgressColumn):
        """Rows a second, where rows are counted."""

        def render(self, task: Any) -> str:
            speed = task.finished_speed or task.speed
            return f"{speed:,.0f} {task.fields['unit']}/s" if "unit" in task.fields and speed else ""

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        Rate(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        token = _shown.set(progress)
        try:
            yield
        finally:
            _shown.reset(token)


@contextmanager
def step(what: str) -> Iterator[None]:
    """One step of a command."""
    progress = _shown.get()
    if progress is None:
        yield
        return
    task = progress.add_task(what, total=1)
    yield
    progress.update(task, completed=1)


def track_parts(items: Iterable[tuple[int, T]], what: str, *, sizes: Sequence[int]) -> Iterator[tuple[int, T]]:
    """Pass numbered parts on and count their rows."""
    progress = _shown.get()
    task = progress.add_task(what, total=sum(sizes), unit="rows") if progress is not None else None
    for number, item in items:
        yield number, item
        if progress is not None:
            progress.advance(task, sizes[number])


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Pass items on and count them."""
    progress = _shown.get()
    task = progress.add_task(what, total=total) if progress is not None else None
    for item in items:
        yield item
        if progress is not None:
            progress.advance(task)
