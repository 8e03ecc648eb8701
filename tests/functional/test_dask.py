"""The same parts on a cluster: the same bytes, a worker lost on the way or not."""

import asyncio
import gc
import logging
import logging.handlers
import os
import sys
import threading
import time

import pytest

from graduation_model.cli import main
from graduation_model.errors import OutputError, UserError
from graduation_model.scoring.cluster import open_engine
from lib.streamed import outputs, province, words

SMALL = ("--part-rows", 100)
ANY_PORT = {"dashboard_address": "127.0.0.1:0"}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return province(tmp_path_factory.mktemp("province"), 200)


@pytest.fixture(scope="module")
def local(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("local") / "scores"
    assert main(words(data, out, *SMALL)) == 0
    return outputs(out)


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        scheduler_kwargs=ANY_PORT,
        silence_logs=50,
    ) as made:
        yield made


def one_thread():
    """A cluster of one worker in this process: it comes and goes in no time."""
    return pytest.importorskip("distributed").LocalCluster(
        n_workers=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=None,
        scheduler_kwargs=ANY_PORT,
        silence_logs=50,
    )


def test_a_cluster_gives_the_bytes_of_one_process(data, local, cluster, tmp_path):
    out = tmp_path / "scores"
    more = ("--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert main(words(data, out, *SMALL, *more)) == 0
    assert outputs(out) == local


def test_a_lost_worker_loses_nothing(data, local, cluster, tmp_path, monkeypatch):
    """The first to score a part kills its own process, as if its machine went down."""
    once = tmp_path / "died"
    monkeypatch.setattr("graduation_model.scoring.run.score_part", _DiesOnce(str(once)))
    out = tmp_path / "scores"
    more = ("--engine", "dask", "--scheduler", cluster.scheduler_address)
    assert main(words(data, out, *SMALL, *more)) == 0
    assert once.exists()
    assert outputs(out) == local


class _DiesOnce:
    """Carried to the workers whole: they do not import tests."""

    def __init__(self, path):
        self.path = path

    def __call__(self, job, part):
        from graduation_model.scoring.parts import score_part

        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return score_part(job, part)
        os._exit(1)


class _WorksOnce:
    def __init__(self, path, error):
        self.path, self.error = path, error

    def __call__(self, part):
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            raise self.error from None
        return part


@pytest.fixture(autouse=True, scope="module")
def _carried_whole():
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "smb://host:8786"])
def test_a_scheduler_that_is_not_there_is_said_at_once(data, tmp_path, capsys, monkeypatch, address):
    pytest.importorskip("distributed")
    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_TO_ANSWER", 1)
    more = ("--engine", "dask", "--scheduler", address)
    assert main(words(data, tmp_path / "scores", *more)) == 2
    assert "No Dask scheduler answers there" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_scheduler_that_is_lost_under_way_is_said_in_one_line(tmp_path, capfd):
    (tmp_path / "seen").touch()
    cluster = one_thread()
    with open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        threading.Timer(0.3, cluster.close).start()
        with pytest.raises(OutputError, match="The Dask scheduler was lost"):
            list(engine.map(time.sleep, [1]))
    assert capfd.readouterr().err == ""


def test_workers_that_have_all_left_are_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_WITHOUT_NEWS", 0.5)
    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_TO_COME_BACK", 0.5)
    (tmp_path / "seen").touch()
    with one_thread() as cluster, open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        cluster.scale(0)
        with pytest.raises(OutputError, match="All workers have left"):
            list(engine.map(abs, [1]))


@pytest.fixture
def gone_before_it_is_asked(monkeypatch):
    """The workers finish a part and leave; only then is its result fetched."""

    def arrange(engine, cluster, *, come_after):
        fetch = engine.client._gather

        async def leave(*futures, **how):
            monkeypatch.setattr(engine.client, "_gather", fetch)
            for worker in cluster.workers.values():
                await asyncio.to_thread(cluster.sync, worker.close)
            await asyncio.to_thread(cluster.scale, 1 + come_after)
            return await fetch(*futures, **how)

        monkeypatch.setattr(engine.client, "_gather", leave)

    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_WITHOUT_NEWS", 0.5)
    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_TO_COME_BACK", 0.5)
    return arrange


def test_workers_that_leave_with_a_result_that_nobody_fetched_are_said_too(tmp_path, gone_before_it_is_asked, caplog):
    (tmp_path / "seen").touch()
    with one_thread() as cluster, open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        gone_before_it_is_asked(engine, cluster, come_after=0)
        with pytest.raises(OutputError, match="All workers have left"):
            list(engine.map(abs, [1, 2, 3]))
    gc.collect()  # what Dask still waited for is told when it is thrown away
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_a_result_that_was_lost_is_worked_out_again(tmp_path, gone_before_it_is_asked):
    (tmp_path / "seen").touch()
    with one_thread() as cluster, open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        gone_before_it_is_asked(engine, cluster, come_after=1)
        assert list(engine.map(abs, [-1])) == [(-1, 1)]


@pytest.mark.parametrize("error", [ZeroDivisionError, TimeoutError])
def test_a_part_that_fails_when_it_is_done_again_says_its_own_error(tmp_path, gone_before_it_is_asked, error):
    (tmp_path / "seen").touch()
    with one_thread() as cluster, open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        gone_before_it_is_asked(engine, cluster, come_after=1)
        with pytest.raises(error):
            list(engine.map(_WorksOnce(str(tmp_path / "worked"), error), [1]))


def test_a_worker_that_comes_late_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("graduation_model.scoring.cluster.SECONDS_WITHOUT_NEWS", 0.2)
    (tmp_path / "seen").touch()
    with one_thread() as cluster, open_engine("dask", cluster.scheduler_address, tmp_path / "seen") as engine:
        cluster.scale(0)
        threading.Timer(1, cluster.scale, [1]).start()
        assert dict(engine.map(abs, [-1, -2])) == {-1: 1, -2: 2}


def test_what_dask_tells_of_its_own_work_is_kept_back(tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "seen").touch()
    told = logging.handlers.BufferingHandler(capacity=1000)
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado")]
    for logger in loggers:
        logger.addHandler(told)
    try:
        with open_engine("dask", None, tmp_path / "seen", workers=1) as engine:
            assert list(engine.map(abs, [-1])) == [(-1, 1)]
            for name in ("distributed.protocol.core", "tornado.application"):  # as they do without memory
                logging.getLogger(name).critical("Failed")
    finally:
        for logger in loggers:
            logger.removeHandler(told)
    assert [record.getMessage() for record in told.buffer] == []


@pytest.mark.filterwarnings("error")
def test_two_clusters_stand_beside_each_other_without_a_warning(tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "seen").touch()
    with (
        open_engine("dask", None, tmp_path / "seen", workers=1) as one,
        open_engine("dask", None, tmp_path / "seen", workers=1) as other,
    ):
        assert list(one.map(abs, [-1])) == list(other.map(abs, [-1])) == [(-1, 1)]


def test_workers_that_die_before_they_are_there_are_said_in_one_line(data, tmp_path, capsys, monkeypatch):
    def dies(**_):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("distributed.LocalCluster", dies)
    assert main(words(data, tmp_path / "scores", "--engine", "dask")) == 2
    assert "The workers could not be started" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_cluster_that_there_is_no_memory_for_is_not_begun(data, tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("graduation_model.scoring.cluster.MEMORY_OF_DASK", 1 << 60)
    monkeypatch.delattr("distributed.LocalCluster")
    assert main(words(data, tmp_path / "scores", "--engine", "dask")) == 2
    assert capsys.readouterr().err.startswith("graduation-model: There is not enough memory. Close")


def test_without_dask_the_command_that_installs_it_is_said(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(words(data, tmp_path / "scores", "--engine", "dask")) == 2
    assert "pip install 'graduation-model[dask]'" in capsys.readouterr().err
    assert main(words(data, tmp_path / "scores", "--scheduler", "tcp://127.0.0.1:9")) == 2
    assert "Add --engine dask" in capsys.readouterr().err


def test_workers_that_do_not_see_the_run_are_refused(cluster, tmp_path):
    with (
        pytest.raises(UserError, match="2 of 2 workers do not see"),
        open_engine("dask", cluster.scheduler_address, tmp_path / "elsewhere" / "begun_with.json"),
    ):
        pass
