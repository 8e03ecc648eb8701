"""Faults at random points of every command that writes: docs/results-faults.md.

`make hard` runs it. A command is killed, refused its disk, its memory or its clock at a point drawn by number; then
nothing may be lost, nothing half-written may look whole, and the same command, run again, must end as if nothing had
been, with the same bytes and nothing left behind. `--case N` does one case again.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import errno
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

# Before any library counts the cores: threads do not outlive a fork.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
os.environ.pop("MLFLOW_TRACKING_URI", None)

import pandas as pd  # noqa: E402

from graduation_model.cli import main  # noqa: E402
from graduation_model.commands.outputs import MANIFEST, read_any_manifest  # noqa: E402
from graduation_model.errors import UserError  # noqa: E402
from lib.faults import HUNG, forked, on_disk_events  # noqa: E402

CASES, SECONDS = 200, 300
RECORD, PAGE = ROOT / "build" / "faults.jsonl", ROOT / "docs" / "results-faults.md"
TRAINED, SCORED = "2019-12-31", "2020-12-31"
FAMILIES = 300
REFUSALS = (errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES, errno.EDQUOT)


@dataclass(frozen=True)
class Command:
    """A command: the words after its name, what it writes in its folder, and what it finds there."""

    words: Callable[[Path, Path], list[str]]
    writes: tuple[str, ...] = ("out",)
    finds: tuple[str, ...] = ()
    share: int = 10
    store: bool = False


def _on(base: Path) -> list[str]:
    return ["--programme", str(base / "jamsosratu")]


def _data(base: Path) -> list[str]:
    return [*_on(base), "--data", str(base / "data")]


def commands(family: str) -> dict[str, Command]:
    """Every command that writes, on what `prepare` made."""

    def out(name: str, words: Callable[[Path], list[str]], share: int, *, store: bool = False) -> Command:
        def typed(base: Path, own: Path) -> list[str]:
            tracked = ["--tracking", str(own)] if store else []
            return [name, *words(base), "--out", str(own / "out"), *tracked]

        return Command(typed, share=share, store=store)

    def held(base: Path, own: Path) -> list[str]:
        return ["record", "delete", "--household", family, "--yes", str(own / "scores"), str(own / "selection")]

    def corrected(base: Path, own: Path) -> list[str]:
        given = ["--household", family, "--file", str(base / "asked.csv"), "--data", str(own / "data")]
        return ["record", "correct", *_on(base), *given]

    model = ["--model", "{base}/train/bundle"]
    return {
        "simulate": out("simulate", lambda b: [*_on(b), "--households", "60", "--waves", "2", "--seed", "1"], 4),
        "check": out("check", _data, 10),
        "train": out("train", lambda b: [*_data(b), "--as-of", TRAINED], 3, store=True),
        "score": out("score", lambda b: [*_data(b), "--as-of", SCORED, *_there(model, b), "--part-rows", "400"], 16),
        "select": out("select", lambda b: [*_on(b), "--scores", str(b / "scores"), "--quota", "10"], 14),
        "report": out("report", lambda b: [*_on(b), "--selection", str(b / "selection")], 4),
        "monitor": out("monitor", lambda b: [*_data(b), "--as-of", SCORED, *_there(model, b)], 6),
        "due": out("due", lambda b: [*_data(b), "--as-of", "2020-07-01"], 6),
        "outcomes": out("outcomes", lambda b: [*_data(b), "--as-of", SCORED], 6),
        "retrain": out("retrain", lambda b: [*_data(b), "--as-of", SCORED, "--last", str(b / "train")], 1, store=True),
        "promote": Command(
            lambda b, own: ["promote", *_on(b), "--version", "1", "--approver", "A", "--tracking", str(own)],
            writes=(),
            store=True,
            share=5,
        ),
        "new": out("new", lambda b: ["--from-data", str(b / "few.csv")], 8),
        "form": Command(lambda b, own: ["form", *_on(b), "--out", str(own / "f.xlsx")], ("f.xlsx", "f_followup.xlsx")),
        "dictionary": Command(lambda b, own: ["dictionary", *_on(b), "--out", str(own / "d.md")], ("d.md",), share=6),
        "record correct": Command(corrected, ("data",), ("data",), share=12),
        "record delete": Command(held, ("scores", "selection"), ("scores", "selection"), share=18),
    }


def _there(words: list[str], base: Path) -> list[str]:
    return [word.format(base=base) for word in words]


def prepare(base: Path) -> str:
    """Live a small year; returns a family that stands on its list."""
    own = Path(shutil.copytree(ROOT / "configs" / "jamsosratu", base / "jamsosratu"))
    settings = (own / "programme.yaml").read_text(encoding="utf-8")
    quick = {"test_years: .*": "test_years: 1", "bootstrap: .*": "bootstrap: 20", "model: stack": "model: logistic"}
    quick = {rf"(?m)^  {old}$": f"  {new}" for old, new in quick.items()} | {r"retained: 0.05}": "retained: 0.4}"}
    for old, new in quick.items():
        settings, changed = re.subn(old, new, settings)
        assert changed, old
    (own / "programme.yaml").write_text(settings, encoding="utf-8")
    on, data = _on(base), _data(base)
    year = (
        ["simulate", *on, "--households", str(FAMILIES), "--waves", "5", "--seed", "3", "--out", str(base / "data")],
        ["train", *data, "--as-of", TRAINED, "--out", str(base / "train"), "--tracking", str(base)],
        ["score", *data, "--as-of", SCORED, "--model", str(base / "train/bundle"), "--out", str(base / "scores")],
        ["select", *on, "--scores", str(base / "scores"), "--quota", "10", "--out", str(base / "selection")],
    )
    for words in year:  # in this process, so that every child finds the kernels compiled
        assert main(words) == 0, words
    pd.read_parquet(base / "data" / "assessments.parquet").head(40).iloc[:, :20].to_csv(base / "few.csv", index=False)
    asked = "question,answer,reason,date,by\nhh_size,4,counted again,2021-01-05,Siti\n"
    (base / "asked.csv").write_text(asked, encoding="utf-8")
    return str(pd.read_parquet(base / "selection" / "selection.parquet")["household_id"].iloc[0])


# --- what goes wrong


def _kill_at(rng: Random, own: Path, last: int, seconds: float) -> None:
    place = rng.randint(1, max(1, last))
    on_disk_events(own, lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == place else None)


def _kill_after(rng: Random, own: Path, last: int, seconds: float) -> None:
    threading.Timer(rng.uniform(0, seconds), lambda: os.kill(os.getpid(), signal.SIGKILL)).start()


def _refuse_at(rng: Random, own: Path, last: int, seconds: float) -> None:
    """From some point on nothing can be written any more, or one thing once not."""
    place, number, lasting = rng.randint(1, max(1, last)), rng.choice(REFUSALS), rng.random() < 0.5

    def at(count: int) -> None:
        if count == place or (lasting and count > place):
            raise OSError(number, os.strerror(number))

    on_disk_events(own, at)


def _small_files(rng: Random, own: Path, last: int, seconds: float) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most = rng.choice((0, 200, 3_000, 20_000, 60_000))
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def _little_memory(rng: Random, own: Path, last: int, seconds: float) -> None:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + rng.randint(1, 400) * 2**20,) * 2)


def _clock_jumps(rng: Random, own: Path, last: int, seconds: float) -> None:
    """Every look at the clock shows another year; only where the house looks, lest libraries no longer know a date."""

    class Jumping(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> dt.datetime:
            return dt.datetime(rng.choice((1980, 2026, 2099)), rng.randint(1, 12), rng.randint(1, 28), tzinfo=tz)

    clock = SimpleNamespace(datetime=Jumping, UTC=dt.UTC, date=dt.date, timedelta=dt.timedelta)
    for module in [one for name, one in sys.modules.items() if name.startswith("graduation_model.commands.")]:
        if getattr(module, "dt", None) is dt:
            module.dt = clock  # type: ignore[attr-defined]
    time.time = lambda: rng.choice((0.0, 1.8e9, 4.1e9))


def _no_folder(rng: Random, own: Path, last: int, seconds: float) -> None:
    """The place to write to is gone: its folder is a file now. Root may write everywhere else."""
    for path in own.iterdir():
        path.rename(own.with_name(f"{own.name}-{path.name}"))
    own.rmdir()
    own.write_text("a file")


FAULTS = {
    "killed at a write": (_kill_at, 30),
    "killed at any time": (_kill_after, 15),
    "refused a write": (_refuse_at, 25),
    "files may not grow": (_small_files, 12),
    "little memory": (_little_memory, 8),
    "the clock jumps": (_clock_jumps, 5),
    "no folder to write to": (_no_folder, 5),
}
STORE_FAULTS = ("the store is locked", "the server is gone")


@contextlib.contextmanager
def _locked_store(own: Path) -> Iterator[None]:
    connection = sqlite3.connect(own / "mlflow.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


# --- a command, disturbed or not


def in_a_child(words: list[str], own: Path, before: Callable[[], None]) -> tuple[int, str]:
    """Run a command in a copy of this process; returns its code, below zero the signal that ended it, and stderr."""

    def disturbed() -> int:
        before()
        return main(words)

    return forked(disturbed, own.with_name(f"{own.name}.stderr"), seconds=SECONDS)


def digests(path: Path) -> dict[str, str]:
    """The sha256 of every file that is no hidden one; without manifests, which hold the times of day."""
    if path.is_file():
        return {"": hashlib.sha256(path.read_bytes()).hexdigest()}
    files = (one for one in path.rglob("[!.]*") if one.is_file() and one.name != MANIFEST)
    return {one.relative_to(path).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


@dataclass
class Reference:
    """A command undisturbed, twice: its code, what it writes, how often it touches the disk, how long it takes."""

    code: int
    written: dict[str, dict[str, str]]
    events: int
    seconds: float


@dataclass
class Bench:
    """Where the year lies, and what each command does with it when nothing goes wrong."""

    base: Path
    commands: dict[str, Command]
    known: dict[str, Reference] = field(default_factory=dict)

    def lay_out(self, name: str, own: Path, *, earlier: bool) -> None:
        """Put into a folder what a command finds, perhaps with an earlier output of its own."""
        command = self.commands[name]
        own.mkdir(parents=True)
        for found in command.finds:
            shutil.copytree(self.base / found, own / found)
        if command.store:
            shutil.copy(self.base / "mlflow.db", own)
        if earlier and (self.base / f"earlier-{name}").exists():
            for path in (self.base / f"earlier-{name}").iterdir():
                shutil.copytree(path, own / path.name) if path.is_dir() else shutil.copy(path, own)

    def reference(self, name: str) -> Reference:
        """Run a command undisturbed; what a second run writes otherwise (a version's number) is not compared."""
        if name in self.known:
            return self.known[name]
        runs = []
        for turn in (1, 2):
            own = self.base.with_name(f"{self.base.name}-{name.replace(' ', '-')}-{turn}") / "own"
            self.lay_out(name, own, earlier=False)
            told = own.parent / "events"
            words = self.commands[name].words(self.base, own)
            start = time.monotonic()
            code, said = in_a_child(words, own, lambda own=own, told=told: on_disk_events(own, _counting(told)))
            assert code in (0, 1, 3), f"{name}: {said}"
            seconds = time.monotonic() - start
            runs.append((code, self.state(name, own), int(told.read_text() if told.exists() else 0), seconds))
        (code, first, events, seconds), (_, second, _, _) = runs
        same = {path: {n: d for n, d in files.items() if second[path].get(n) == d} for path, files in first.items()}
        if name not in ("form", "dictionary", "new", "record correct", "record delete", "promote"):
            shutil.copytree(own, self.base / f"earlier-{name}", ignore=shutil.ignore_patterns("mlflow.db", "mlruns"))
        self.known[name] = Reference(code, same, events, seconds)
        return self.known[name]

    def state(self, name: str, own: Path) -> dict[str, dict[str, str]]:
        """What stands where a command writes."""
        return {path: digests(own / path) for path in self.commands[name].writes if (own / path).exists()}


def _counting(told: Path) -> Callable[[int], None]:
    handle = os.open(told, os.O_WRONLY | os.O_CREAT)
    return lambda count: (os.pwrite(handle, str(count).encode(), 0), None)[1]


# --- a case


def one(bench: Bench, case: int, folder: Path) -> dict[str, Any]:
    """Disturb a command once, look at what is left, and run it again."""
    rng = Random(case)  # noqa: S311  (a case is a number)
    names = list(bench.commands)
    name = rng.choices(names, [bench.commands[one].share for one in names])[0]
    command, reference = bench.commands[name], bench.reference(name)
    store = command.store and rng.random() < 0.35
    fault = rng.choice(STORE_FAULTS) if store else rng.choices(list(FAULTS), [share for _, share in FAULTS.values()])[0]
    own = folder / "own"
    bench.lay_out(name, own, earlier=rng.random() < 0.5)
    before, there = bench.state(name, own), {path.name for path in own.iterdir()}
    words = command.words(bench.base, own)
    held = _locked_store(own) if fault == STORE_FAULTS[0] else contextlib.nullcontext()
    with held:
        code, said = in_a_child(words, own, lambda: _disturb(fault, rng, own, reference))
    if own.is_file():
        own.unlink()
        own.mkdir()
        for path in list(folder.glob("own-*")):
            path.rename(own / path.name.removeprefix("own-"))
    found = _faults(command, reference, before, own, code, said)
    again, error = in_a_child(words, own, lambda: None)
    found += _faults_after(bench, name, there, own, again, error)
    ended = "killed" if code < 0 else "refused in one line" if code == 2 else "ended as undisturbed"
    return {"case": case, "command": name, "fault": fault, "ended": ended, "found": found}


def _disturb(fault: str, rng: Random, own: Path, reference: Reference) -> None:
    if fault == STORE_FAULTS[1]:
        os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    elif fault in FAULTS:
        FAULTS[fault][0](rng, own, reference.events, reference.seconds)


def _faults(
    command: Command, reference: Reference, before: dict[str, Any], own: Path, code: int, said: str
) -> list[str]:
    """What a disturbed run may not do: show a traceback, lose what stood there, leave a half where a whole belongs."""
    found = ["a hang"] if code == HUNG else []
    if code not in (HUNG, -signal.SIGKILL, -signal.SIGABRT, 2, reference.code):
        found.append(f"code {code}: {' '.join(said.strip().splitlines()[-1:])[:300]}")
    elif "Traceback" in said:
        found.append(f"a traceback: {' '.join(said.strip().splitlines()[-1:])[:300]}")
    for path in command.writes:
        place = own / path
        if not place.exists():
            aside = list(own.glob(f".{path}.old-*"))
            found += [f"{path} is lost"] if path in before and not aside else []
            continue
        now = digests(place)
        whole = all(now.get(name) == digest for name, digest in reference.written[path].items())
        if now != before.get(path) and not whole:
            found.append(f"{path} is half-written")
        if place.is_dir() and (place / MANIFEST).is_file():
            try:
                read_any_manifest(place)
            except UserError as error:
                found.append(f"{path}: {error}")
    return found


def _faults_after(bench: Bench, name: str, there: set[str], own: Path, code: int, said: str) -> list[str]:
    """What the same command may not do afterwards: end otherwise, write other bytes, leave something behind."""
    reference, found = bench.known[name], []
    done = {"promote": "champion already", "new": "something of that name", "record delete": "No such family"}
    done_before = name in done and done[name] in said
    if code != reference.code and not done_before:
        found.append(f"run again: code {code}: {' '.join(said.strip().splitlines()[-1:])[:300]}")
    now = bench.state(name, own)
    for path, files in reference.written.items():
        if name == "record correct":  # a correction entered twice stands there twice, and counts once
            continue
        other = [one for one, digest in files.items() if now.get(path, {}).get(one) != digest]
        found += [f"run again: {path} has other bytes ({other[0]})"] if other else []
    left = {path.name for path in own.iterdir()} - there - {*bench.commands[name].writes, "mlflow.db", "mlruns"}
    left |= {path.name for path in own.rglob(".*")}
    found += [f"run again: left behind {sorted(left)[0]}"] if left else []
    return found


# --- all of them

STORY = f"""# Faults

Written by `make hard`; nothing here is typed. On a simulated year of {FAMILIES} families every command that writes is
killed (SIGKILL), refused its disk, its memory, its clock or its tracking store at a point drawn by number, half of the
time over an earlier output of its own. Then is looked at what stands there: it is as it was, or whole, or aside under a
name that the next run puts back. Then the same command is run again, undisturbed: it must end as if nothing had been,
with the same bytes, and nothing left behind. A case can be done again with `python benchmarks/faults.py --case N`.
"""


def page(results: list[dict[str, Any]]) -> str:
    """The results by command and by fault, as Markdown."""
    ways = ("killed", "refused in one line", "ended as undisturbed")
    lines = [STORY]
    for by in ("command", "fault"):
        lines += [f"| {by} | cases | " + " | ".join(ways) + " | lost, half, traceback, hang | run again: other, left |"]
        lines.append("|---" * (len(ways) + 4) + "|")
        for value in [*sorted({one[by] for one in results}), "all"]:
            rows = [one for one in results if value in ("all", one[by])]
            ended = Counter(one["ended"] for one in rows)
            bad = [
                sum(any(what.startswith("run again") is after for what in one["found"]) for one in rows)
                for after in (False, True)
            ]
            lines.append(
                "| " + " | ".join([value, *(f"{n:,}" for n in (len(rows), *(ended[way] for way in ways), *bad))]) + " |"
            )
        lines.append("")
    return "\n".join(lines)


def _preload() -> None:
    """Import what the commands need, once for all children."""
    from importlib import import_module
    from pkgutil import iter_modules

    import graduation_model.commands as room
    from graduation_model.tracking.session import import_mlflow

    for module in iter_modules(room.__path__):
        import_module(f"{room.__name__}.{module.name}")
    for name in (
        "lightgbm",
        "sklearn.linear_model",
        "matplotlib.pyplot",
        "jinja2",
        "fairlearn.metrics",
        "statsmodels.api",
    ):
        import_module(name)
    import_mlflow()


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--first", type=int, default=0, help="the page is written from 0 alone")
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--resume", action="store_true", help="with what earlier runs left in build/faults.jsonl")
    asked = parser.parse_args()
    cases = range(asked.first, asked.first + asked.cases) if asked.case is None else range(asked.case, asked.case + 1)
    known = RECORD.read_text(encoding="utf-8").splitlines() if asked.resume and RECORD.exists() else []
    results = [one for one in map(json.loads, known) if one["case"] in cases]
    left = sorted(set(cases) - {one["case"] for one in results})
    results += list(disturbed(left)) if left else []
    content = page(results)
    print(content)
    if asked.case is None and asked.first == 0:
        PAGE.write_text(content, encoding="utf-8")
    return int(any(one["found"] for one in results))


def disturbed(cases: list[int]) -> Iterator[dict[str, Any]]:
    """Do cases one after the other, and keep what came of each."""
    _preload()
    RECORD.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, RECORD.open("a", encoding="utf-8") as record:
        base = Path(folder) / "base"
        base.mkdir()
        bench = Bench(base, commands(prepare(base)))
        for case in cases:
            own = Path(folder) / str(case)
            result = one(bench, case, own)
            shutil.rmtree(own, ignore_errors=True)
            record.write(json.dumps(result) + "\n")
            record.flush()
            if result["found"]:
                print(f"case {case}: {result['command']}, {result['fault']}, {result['ended']}: {result['found']}")
            sys.stdout.flush()
            yield result


if __name__ == "__main__":
    sys.exit(run())
