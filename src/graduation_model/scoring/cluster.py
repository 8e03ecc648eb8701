"""The same parts on a Dask cluster: tasks in, their results out; a worker that is lost has its tasks done by another.

Only file names and settings travel to the workers: they read and write the run's own folder, which all must see.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import graduation_model
from graduation_model.errors import OutputError, UserError, need_memory, pass_on_want_of_memory
from graduation_model.scoring.run import Engine, Local, Processes, Task
from graduation_model.scoring.work import Facts

RETRIES = 2
SECONDS_TO_ANSWER = 10
# How long no part may end before it is asked whether any worker is left, and how long one may take to come back.
SECONDS_WITHOUT_NEWS, SECONDS_TO_COME_BACK = 60, 60
SECONDS_BETWEEN_LOOKS = 0.05
# What its threads, and a cluster's that is made here, take in this process: each waits for ever for one that got none.
MEMORY_OF_DASK = 64 << 20

NOTHING = logging.CRITICAL + 1


@contextmanager
def open_engine(name: str, scheduler: str | None, sees: Path, *, workers: int | None = None) -> Iterator[Engine]:
    """Give the engine of a run.

    Parameters
    ----------
    name : str
        `local` or `dask`.
    scheduler : str, optional
        Address of a Dask scheduler; without it `dask` starts processes on this machine.
    sees : Path
        A file of the run's folder, which every worker must see.
    workers : int, optional
        Processes on this machine; default this one alone, of `dask` one a core. A scheduler has its own.

    Raises
    ------
    UserError
        Where Dask is not installed, no scheduler answers, or its workers see another disk or have another version.
    """
    if name == "local":
        if scheduler:
            raise UserError("A scheduler serves --engine dask alone", where="--scheduler", mend="Add --engine dask")
        if workers in (None, 1):
            yield Local()
            return
        with _processes(workers) as engine:
            yield engine
        return
    distributed = _distributed()
    need_memory(MEMORY_OF_DASK)
    with (
        _quiet(),
        _cluster(distributed, scheduler, workers or os.cpu_count() or 1) as address,
        _client(distributed, address) as client,
    ):
        _check_workers(client, sees)
        yield Dask(client)


@contextmanager
def _processes(workers: int | None) -> Iterator[Processes]:
    """Processes on this machine; the thread that hands them their tasks is watched, since all wait for it for ever."""
    ended: list[BaseException] = []
    others, usual = set(active_children()), threading.excepthook

    def hook(found: threading.ExceptHookArgs) -> None:
        if type(found.thread).__module__ == ProcessPoolExecutor.__module__ and found.exc_value:
            ended.append(found.exc_value)
        else:
            usual(found)

    threading.excepthook = hook
    try:
        # Spawned, not forked: a fork would copy locks that threads of Arrow and BLAS hold.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
            yield Processes(pool, ended)
    finally:
        threading.excepthook = usual
        if ended:  # with the thread gone, nobody tells them that the work is over
            for process in set(active_children()) - others:
                process.terminate()


def _end_with_parent() -> None:
    """Have a worker end when the run that started it was killed: it would wait for tasks until the machine stops."""

    def watch() -> None:
        parent = parent_process()
        assert parent is not None, "a worker has one"
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class Dask:
    """Tasks on the workers of a cluster."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def map(self, task: Task, items: Sequence[int]) -> Iterator[tuple[int, Facts]]:
        """Do a task for each item, in any order, each in some worker."""
        from distributed import KilledWorker

        futures = {self.client.submit(task, item, pure=False, retries=RETRIES): item for item in items}
        try:
            for future in self._as_completed(list(futures)):
                yield futures[future], self._result(future)
        except KilledWorker as error:
            raise OutputError(
                "Workers were lost again and again at one part",
                where="--scheduler",
                mend="Give them more memory, or take smaller --part-rows; what is finished is kept",
            ) from error
        except CancelledError as error:
            raise OutputError(
                "The Dask scheduler was lost",
                where="--scheduler",
                mend="Start it again, and run the same command again; what is finished is kept",
            ) from error
        finally:
            self.client.cancel(list(futures))

    def _as_completed(self, futures: Sequence[Any]) -> Iterator[Any]:
        """Give each future that is done: Dask alone would wait for ever where no worker is left to do it."""
        from distributed import as_completed

        done = as_completed(futures, loop=self.client.loop)
        news = monotonic()
        while not done.is_empty():
            if done.has_ready():
                yield from done.next_batch(block=False)
                news = monotonic()
            elif monotonic() - news > SECONDS_WITHOUT_NEWS:
                self._need_a_worker()
                news = monotonic()
            else:
                sleep(SECONDS_BETWEEN_LOOKS)

    def _result(self, future: Any) -> Facts:
        """Fetch what a part came to; where it left with its worker, another works it out again."""
        while True:
            try:
                return future.result(timeout=SECONDS_WITHOUT_NEWS)  # type: ignore[no-any-return]
            except TimeoutError:
                if future.status == "error":  # the part's own
                    raise
                self._need_a_worker()

    def _need_a_worker(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=SECONDS_TO_COME_BACK)
        except TimeoutError as error:
            raise OutputError(
                "All workers have left",
                where="--engine dask",
                mend="Start workers again, and run the same command again; what is finished is kept",
            ) from error


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        pass_on_want_of_memory(error)  # the system's loader says so by this error too
        raise UserError(
            "Dask is not installed",
            where="--engine dask",
            mend="pip install 'graduation-model[dask]', here and on every worker",
        ) from error
    return distributed


@contextmanager
def _cluster(distributed: Any, scheduler: str | None, workers: int) -> Iterator[str]:
    if scheduler:
        yield scheduler
        return
    try:
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # any port: it warns where 8787 serves another run
            silence_logs=NOTHING,
        )
    except (OSError, RuntimeError) as error:  # distributed's word where a worker dies before it is there
        raise OutputError(
            "The workers could not be started",
            where="--engine dask",
            mend="Take fewer --workers if memory is short, and run the same command again; what is finished is kept",
        ) from error
    with cluster:
        yield cluster.scheduler_address


@contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    try:
        _check_address(address)
        client = distributed.Client(address, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(
            f"No Dask scheduler answers there ({type(error).__name__})",
            where=address,
            mend="Check the address (tcp://HOST:PORT), and that 'dask scheduler' runs",
        ) from error
    # The loop is Dask's own: a fetch that we no longer wait for would be told as a traceback, after our one line.
    client.loop.asyncio_loop.set_exception_handler(lambda *_: None)
    with client:
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what Dask tells of its work: what matters of it, a scheduler that was lost, is one line of ours."""
    names = ("distributed", "distributed.client", "tornado", "tornado.application")  # to which Dask gives levels
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(NOTHING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check_address(address: str) -> None:
    """Refuse what is no address first: a client that began with it ends in a traceback half a minute later."""
    from distributed.comm.addressing import parse_address, parse_host_port
    from distributed.comm.registry import get_backend

    scheme, place = parse_address(address)
    get_backend(scheme)
    parse_host_port(place)


def _check_workers(client: Any, sees: Path) -> None:
    found = client.run(_of_worker, str(sees))
    if not found:
        raise UserError("The cluster has no workers", where="--scheduler", mend="Start 'dask worker' with its address")
    if not all(there for there, _ in found.values()):
        raise UserError(
            f"{sum(not there for there, _ in found.values())} of {len(found)} workers do not see the run's folder",
            where=sees.parent,
            mend="Give an --out on a disk that all of them have under the same path",
        )
    others = {version for _, version in found.values()} - {graduation_model.__version__}
    if others:
        raise UserError(
            f"Workers have another version of the package ({', '.join(sorted(others))})",
            where="--scheduler",
            mend=f"Install graduation-model {graduation_model.__version__} on all of them",
        )


def _of_worker(sees: str) -> tuple[bool, str]:
    return Path(sees).is_file(), graduation_model.__version__
