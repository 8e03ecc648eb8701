"""A whole scoring run: its steps in order, those that are finished left out, each over all blocks or parts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Protocol

import pandas as pd

from graduation_model.cohort.dates import as_of_dates
from graduation_model.errors import OutputError
from graduation_model.ingest.parts import Raw
from graduation_model.scoring.accounts import check_account
from graduation_model.scoring.intake import gather_group, take_block, take_in
from graduation_model.scoring.job import Job, part_of
from graduation_model.scoring.parts import (
    collect,
    count_part,
    merge_counts,
    merge_totals,
    score_part,
    settle_part,
    total_part,
)
from graduation_model.scoring.work import Facts

SECONDS_BETWEEN_LOOKS = 1.0

Task = Callable[[int], Facts]


class Progress(Protocol):
    """Shows what is done."""

    def __call__(
        self, items: Iterable[tuple[int, Facts]], what: str, *, sizes: Sequence[int]
    ) -> Iterable[tuple[int, Facts]]:
        """Pass finished items on; `sizes` are the rows of each, of those too that were finished before."""
        ...


class Engine(Protocol):
    """Where tasks are done: in this process, or in others."""

    def map(self, task: Task, items: Sequence[int]) -> Iterator[tuple[int, Facts]]:
        """Do a task for each item, in any order."""
        ...


class Local:
    """One after the other, in this process."""

    def map(self, task: Task, items: Sequence[int]) -> Iterator[tuple[int, Facts]]:
        for item in items:
            yield item, task(item)


class Processes:
    """Several at a time, each in a process of its own on this machine.

    Parameters
    ----------
    pool : ProcessPoolExecutor
    ended : sequence of BaseException
        What the pool's own thread ended of, once it has: nothing more is done then.
    """

    def __init__(self, pool: ProcessPoolExecutor, ended: Sequence[BaseException] = ()) -> None:
        self.pool, self.ended = pool, ended

    def map(self, task: Task, items: Sequence[int]) -> Iterator[tuple[int, Facts]]:
        futures: dict[Future[Facts], int] = {}
        try:
            futures = {self.pool.submit(task, item): item for item in items}
            waiting = set(futures)
            while waiting:
                done, waiting = wait(waiting, timeout=SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
                for future in done:
                    yield futures[future], future.result()
                if not done and self.ended:
                    raise BrokenProcessPool from self.ended[0]  # as Python 3.12 says it
        except BrokenProcessPool as error:
            raise OutputError(
                "A process of the run was lost",
                where="--workers",
                mend="Take fewer --workers or smaller --part-rows if memory is short; what is finished is kept",
            ) from error
        finally:
            for future in futures:
                future.cancel()


@dataclass(frozen=True)
class Ran:
    """What the steps of a run found, block by block and part by part."""

    taken: list[Facts]
    settled: list[Facts]
    scored: list[Facts]


def run(
    job: Job,
    whole: Raw | None,
    *,
    engine: Engine,
    progress: Progress,
    check: Callable[[list[Facts]], None],
) -> Ran:
    """Do what is left of a run.

    Parameters
    ----------
    job : Job
    whole : Raw, optional
        The table, where it was read at once.
    check
        Is given what the settled parts found, and stops the run where there is nothing to score.

    Raises
    ------
    LostFamiliesError
        Where rows or families are not accounted for.
    """
    steps = _Steps(job, engine, progress)
    if whole is None:
        sizes = [block.rows for block in job.blocks]
        taken = steps.each("intake", partial(take_block, job), "Reading and checking the data", sizes)
    else:
        sizes = [len(whole.frame)]
        taken = [job.work.finished("intake-00000") or take_in(job, 0, [whole])]
    rows = sum(facts["rows"] for facts in taken)
    check_account("rows", sum(sizes), read=rows)
    sources = taken
    if job.parts_a_group > 1:
        groups = [rows // job.groups] * job.groups
        sources = steps.each("gather", partial(gather_group, job, taken=taken), "Dividing the families", groups)
    parts = [rows // job.parts] * job.parts
    settled = steps.each(
        "settle", partial(settle_part, job, sources=sources), "Bringing each family's visits together", parts
    )
    check_account("rows", rows, settled=sum(facts["counts"]["read"] for facts in settled))
    check(settled)
    job = replace(job, wave_ends=_wave_ends(job, settled))
    known = [facts["known"] for facts in settled]
    steps.each("count", partial(count_part, job), "Ranking within the wave", known)
    steps.once("ranks", partial(merge_counts, job))
    steps.each("total", partial(total_part, job), "Summing up the neighbours", known)
    steps.once("totals", partial(merge_totals, job))
    only = [part_of(pd.Series([job.household]), job.parts)[0]] if job.household else range(job.parts)
    cohort = [facts["scored"] for facts in settled]
    scored = steps.each("score", partial(score_part, job), "Scoring and explaining", cohort, only=only)
    if not job.household:
        check_account("families", sum(cohort), written=sum(facts["written"] for facts in scored))
    for name in ("not_scored", "quarantine"):
        collect(job, name)
    return Ran(taken, settled, scored)


@dataclass(frozen=True)
class _Steps:
    job: Job
    engine: Engine
    progress: Progress

    def each(
        self, step: str, task: Task, what: str, sizes: Sequence[int], only: Iterable[int] | None = None
    ) -> list[Facts]:
        """Do a step for each block or part that is not finished."""
        items = range(len(sizes)) if only is None else list(only)
        before = [(item, self.job.work.finished(f"{step}-{item:05d}")) for item in items]
        found = {item: facts for item, facts in before if facts is not None}
        left = [item for item in items if item not in found]
        done = chain(found.items(), self.engine.map(task, left))
        found = dict(self.progress(done, what, sizes=sizes))
        return [found[item] for item in sorted(found)]

    def once(self, step: str, task: Callable[[], Facts]) -> None:
        if self.job.work.finished(step) is None:
            task()


def _wave_ends(job: Job, settled: list[Facts]) -> tuple[pd.Timestamp, ...]:
    first = min(facts["first"] for facts in settled if facts["first"])
    return tuple(as_of_dates(pd.DataFrame({"assessment_date": [pd.Timestamp(first)]}), job.as_of, job.cohort))
