"""Faults at random points of every command that writes: docs/results-faults.md.

`make hard` runs it. A command is killed, refused its disk, its memory or its clock, or loses its store, a worker or a
finished part at a point drawn by number; then nothing may be lost, nothing half-written may look whole, and the same
command, run again, must end as if nothing had been, with the same bytes and nothing left behind. `--case N` does one
case again, `--resume` goes on with what an interrupted run left in `build/faults.jsonl`. What a command does
undisturbed is kept as long as the code stays as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

# Before any library counts the cores: threads do not outlive a fork. Arrow's memory is the system's, as the console
# script has it (decision 105): its own pool takes a gigabyte beforehand, within which nothing is ever refused.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
os.environ.pop("MLFLOW_TRACKING_URI", None)

from graduation_model.cli import main  # noqa: E402
from graduation_model.commands.outputs import MANIFEST, read_any_manifest  # noqa: E402
from graduation_model.errors import UserError  # noqa: E402
from lib.disturbances import FAULTS, OWN_FAULTS, Effort, Most, memory, nothing, workers_of  # noqa: E402
from lib.faults import HUNG, forked, on_disk_events  # noqa: E402
from lib.writers import FAMILIES, Command, commands, prepare  # noqa: E402

CASES = 220
# How long an undisturbed run may take; a disturbed one hangs when it takes many times as long as that did.
SECONDS, PATIENCE, TIMES = 300, 40, 10
OWN_FAULT = 0.5  # how often a command that has faults of its own meets one of them
RECORD, PAGE = ROOT / "build" / "faults.jsonl", ROOT / "docs" / "results-faults.md"
YEAR = ROOT / "build" / "faults"  # lived once, and used again by --case and --resume until the code changes
CODE = ("src", "configs/jamsosratu", "tests/lib")
KILLED = (-signal.SIGKILL, -signal.SIGABRT)
# Where there is no memory: of a library that does not look whether it got any, and of the system's own loader.
NO_MEMORY = (-signal.SIGSEGV, -signal.SIGBUS, 127)
LEAVE = 15  # seconds for the workers of a killed run


# --- a command, disturbed or not


def in_a_child(
    words: list[str],
    own: Path,
    *,
    before: Callable[[], object] = nothing,
    after: Callable[[], object] = nothing,
    seconds: float = SECONDS,
) -> tuple[int, str]:
    """Run a command in a copy of this process; returns its code, below zero the signal that ended it, and stderr."""

    def disturbed() -> int:
        before()
        code = main(words)
        after()
        return code

    return forked(disturbed, own.with_name(f"{own.name}.stderr"), seconds=seconds)


def digests(path: Path) -> dict[str, str]:
    """The sha256 of every file that is no hidden one; without manifests, which hold the times of day."""
    if path.is_file():
        return {"": hashlib.sha256(path.read_bytes()).hexdigest()}
    files = (one for one in path.rglob("[!.]*") if one.is_file() and one.name != MANIFEST)
    return {one.relative_to(path).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


@dataclass(frozen=True)
class Reference:
    """A command undisturbed: its code, what it always writes alike, and what that takes."""

    code: int
    written: dict[str, dict[str, str]]
    effort: Effort


@dataclass
class Bench:
    """Where the year lies, and what each command does with it when nothing goes wrong."""

    base: Path
    commands: dict[str, Command]
    known: dict[str, Reference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self._references.exists():
            kept = json.loads(self._references.read_text(encoding="utf-8"))
            self.known = {name: Reference(**{**one, "effort": Effort(**one["effort"])}) for name, one in kept.items()}

    @property
    def _references(self) -> Path:
        return self.base / "references.json"

    def warm_up(self) -> None:
        """Have every child find loaded what scoring and pages need, kernels and fonts: it takes longer than they do."""
        for name in ("score", "report"):
            with tempfile.TemporaryDirectory() as own:
                assert main(self.commands[name].words(self.base, Path(own))) == 0

    def lay_out(self, name: str, own: Path, *, earlier: bool) -> None:
        """Put into a folder what a command finds, perhaps with an earlier output of its own."""
        command = self.commands[name]
        own.mkdir(parents=True)
        for found in command.finds:
            shutil.copytree(self.base / found, own / found)
        if command.store:
            shutil.copy(self.base / "mlflow.db", own)
        if earlier and command.over_earlier:
            for path in self._earlier(name).iterdir():
                shutil.copytree(path, own / path.name) if path.is_dir() else shutil.copy(path, own)

    def _earlier(self, name: str) -> Path:
        return self.base / f"earlier-{name.replace(' ', '-')}"

    def reference(self, name: str) -> Reference:
        """Run a command undisturbed; with a store twice, since a version's number, and the pages with it, differ."""
        if name in self.known:
            return self.known[name]
        runs = []
        for turn in range(2 if self.commands[name].store else 1):
            own = self.base / "undisturbed" / f"{name.replace(' ', '-')}-{turn}" / "own"
            shutil.rmtree(own.parent, ignore_errors=True)
            self.lay_out(name, own, earlier=False)
            if turn and self.commands[name].registers:
                shutil.copy(own.parents[1] / f"{name}-0" / "own" / "mlflow.db", own)
            runs.append(self._measured(name, own))
        (code, first, effort), (_, second, _) = runs[0], runs[-1]
        same = {path: {n: d for n, d in files.items() if second[path].get(n) == d} for path, files in first.items()}
        if self.commands[name].over_earlier:
            shutil.rmtree(self._earlier(name), ignore_errors=True)
            shutil.copytree(own, self._earlier(name), ignore=shutil.ignore_patterns("mlflow.db", "mlartifacts"))
        self.known[name] = Reference(code, same, effort)
        kept = {name: asdict(one) for name, one in self.known.items()}
        self._references.write_text(json.dumps(kept), encoding="utf-8")
        return self.known[name]

    def _measured(self, name: str, own: Path) -> tuple[int, dict[str, dict[str, str]], Effort]:
        events, most = own.with_name("events"), own.with_name("most")
        events.write_text("0", encoding="utf-8")
        watched: list[Most] = []

        def begin() -> None:
            on_disk_events(own, _counting(events))
            watched.append(Most())

        def end() -> None:
            most.write_text(f"{watched[0].data} {memory('VmHWM')}", encoding="utf-8")

        start = time.monotonic()
        code, said = in_a_child(self.commands[name].words(self.base, own), own, before=begin, after=end)
        seconds = time.monotonic() - start
        assert code in (0, 1, 3), f"{name}: {said}"
        data, resident = map(int, most.read_text(encoding="utf-8").split())
        return code, self.state(name, own), Effort(int(events.read_text()), seconds, data, resident)

    def state(self, name: str, own: Path) -> dict[str, dict[str, str]]:
        """What stands where a command writes."""
        return {path: digests(own / path) for path in self.commands[name].writes if (own / path).exists()}


def _counting(told: Path) -> Callable[[int], None]:
    handle = os.open(told, os.O_WRONLY)
    return lambda count: (os.pwrite(handle, str(count).encode(), 0), None)[1]


# --- a case


def one(bench: Bench, case: int, folder: Path) -> dict[str, Any]:
    """Disturb a command once, look at what is left, and run it again."""
    rng = Random(case)  # noqa: S311  (a case is a number)
    names = list(bench.commands)
    name = rng.choices(names, [bench.commands[one].share for one in names])[0]
    command, reference = bench.commands[name], bench.reference(name)
    kind = _drawn(rng, command)
    fault = (FAULTS | OWN_FAULTS)[kind]
    own, pid, start = folder / "own", folder / "pid", time.monotonic()
    bench.lay_out(name, own, earlier=rng.random() < 0.5)
    before, there = bench.state(name, own), {path.name for path in own.iterdir()}
    words = command.words(bench.base, own)

    def disturb() -> None:
        pid.write_text(str(os.getpid()), encoding="utf-8")
        fault.within(rng, own, reference.effort)

    with fault.around(own):
        code, said = in_a_child(words, own, before=disturb, seconds=PATIENCE + TIMES * reference.effort.seconds)
    found = _faults(command, reference, before, own, code, said, no_memory=kind == "little memory")
    fault.afterwards(rng, own)
    again, error = in_a_child(words, own)
    if again == 2 and "begun with something else" in error:  # what was damaged said so itself
        again, error = in_a_child([*words, "--restart"], own)
    found += _faults_after(bench, name, there, own, again, error)
    found += _end_workers(int(pid.read_text(encoding="utf-8")))
    ended = (
        "killed" if code < 0 or code in NO_MEMORY else "refused in one line" if code == 2 else "ended as undisturbed"
    )
    said = _last_line(said) if code == 2 else ""
    seconds = round(time.monotonic() - start, 1)
    return {
        "case": case,
        "code": state_of_code(),
        "command": name,
        "fault": kind,
        "ended": ended,
        "said": said,
        "found": found,
        "seconds": seconds,
    }


def _drawn(rng: Random, command: Command) -> str:
    if command.own_faults and rng.random() < OWN_FAULT:
        return rng.choice(command.own_faults)
    return rng.choices(list(FAULTS), [fault.share for fault in FAULTS.values()])[0]


def _end_workers(session: int) -> list[str]:
    """End what a run left behind that was killed; it had some seconds to see so itself."""
    deadline = time.monotonic() + LEAVE
    while (left := workers_of(session)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for worker in left:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    return [f"run again: {len(left)} workers of the disturbed run live on"] if left else []


def _faults(
    command: Command, reference: Reference, before: dict[str, Any], own: Path, code: int, said: str, *, no_memory: bool
) -> list[str]:
    """What a disturbed run may not do: show a traceback, lose what stood there, leave a half where a whole belongs."""
    found = ["a hang"] if code == HUNG else []
    if code not in (HUNG, 2, reference.code, *KILLED, *(NO_MEMORY if no_memory else ())):
        found.append(f"code {code}: {_last_line(said)}")
    elif "Traceback" in said:
        found.append(f"a traceback: {_last_line(said)}")
    for path in command.writes:
        place = own / path
        if not place.exists():
            aside = list(place.parent.glob(f".{place.name}.old-*"))
            found += [f"{path} is lost"] if path in before and not aside else []
            continue
        now = digests(place)
        other = [name for name, digest in reference.written[path].items() if now.get(name) != digest]
        if now != before.get(path) and other:
            found.append(f"{path} is half-written ({other[0]})")
        found += _odd_manifest(place)
    return found


def _faults_after(bench: Bench, name: str, there: set[str], own: Path, code: int, said: str) -> list[str]:
    """What the same command may not do afterwards: end otherwise, write other bytes, leave something behind."""
    command, reference, found = bench.commands[name], bench.known[name], []
    if code != reference.code and not (command.done and command.done in said):
        found.append(f"run again: code {code}: {_last_line(said)}")
    now = bench.state(name, own)
    for path in now:
        found += [f"run again: {odd}" for odd in _odd_manifest(own / path)]
    for path, files in reference.written.items():
        if name == "record correct":  # a correction entered twice stands there twice, and counts once
            continue
        other = [one for one, digest in files.items() if now.get(path, {}).get(one) != digest]
        found += [f"run again: {path} has other bytes ({other[0]})"] if other else []
    written = {Path(path).parts[0] for path in command.writes}
    left = {path.name for path in own.iterdir()} - there - {*written, "mlflow.db", "mlartifacts"}
    left |= {path.name for path in own.rglob(".*")}
    found += [f"run again: left behind {sorted(left)[0]}"] if left else []
    return found


def _odd_manifest(place: Path) -> list[str]:
    """What a folder's manifest says that is not so, if it has one."""
    if not (place / MANIFEST).is_file():
        return []
    try:
        read_any_manifest(place)
    except UserError as error:
        return [str(error)]
    return []


def _last_line(said: str) -> str:
    return " ".join(said.strip().splitlines()[-1:])[:300]


# --- all of them

STORY = f"""# Faults

Written by `make hard`; nothing here is typed. On a simulated year of {FAMILIES} families every command that writes is
killed (SIGKILL) or refused its disk, its memory or its clock at a point drawn by number, half of the time over an
earlier output of its own; it may lose its tracking store, a worker process, or a finished part of its scores. Then is
looked at what stands there: it is as it was, or whole, or aside under a name that the next run puts back. Then the same
command is run again, undisturbed: it must end as if nothing had been, with the same bytes, and nothing left behind, no
process either. A case can be done again with `python benchmarks/faults.py --case N`.

Little memory: the system grants no more from a point between what the command was granted at its start and what it
is granted at most undisturbed. Out of memory: it is killed when more than such a limit is resident. `demo` is no row:
it is simulate, train, promote, score, select and report in turn. `replay` and a look at the years without `--out` write
nothing.
"""


def page(results: list[dict[str, Any]]) -> str:
    """The results by command and by fault, as Markdown."""
    ways = ("killed", "refused in one line", "ended as undisturbed")
    states = len({one["code"] for one in results})
    lines = [STORY, f"The {len(results):,} cases ran on {states:,} state{'s' if states > 1 else ''} of the code.\n"]
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
        "mlflow.server",
        "sklearn.linear_model",
        "matplotlib.pyplot",
        "jinja2",
        "fairlearn.metrics",
        "statsmodels.api",
    ):
        import_module(name)
    import_mlflow()


def _parse_once(programme: Path) -> None:
    """Have the children find the programme's settings read: that is half of what a light command takes."""
    from graduation_model import config

    read = config.read_params
    known = cache(lambda path, model, content: read(path, model))
    config.read_params = lambda path, model: known(path, model, path.read_bytes())  # type: ignore[assignment]
    config.load_programme(programme)


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--first", type=int, default=0, help="the page is written from 0 alone")
    parser.add_argument("--case", type=int, nargs="+", help="these alone; --resume finds them in the record later")
    parser.add_argument("--resume", action="store_true", help="with what earlier runs left in build/faults.jsonl")
    parser.add_argument("--page", action="store_true", help="write the page of what is recorded, and do no case")
    asked = parser.parse_args()
    if asked.page:
        return _told(list(_recorded().values()), page_too=True)
    cases = asked.case or range(asked.first, asked.first + asked.cases)
    if asked.case is None and not asked.resume:
        RECORD.unlink(missing_ok=True)
        shutil.rmtree(YEAR, ignore_errors=True)
    known = _recorded() if asked.resume else {}
    left = [case for case in cases if case not in known]
    results = [*(known[case] for case in cases if case in known), *(disturbed(left) if left else [])]
    return _told(results, page_too=asked.case is None and asked.first == 0)


def _told(results: list[dict[str, Any]], *, page_too: bool) -> int:
    content = page(results)
    print(content)
    if page_too:
        PAGE.write_text(content, encoding="utf-8")
    return int(any(one["found"] for one in results))


def _recorded() -> dict[int, dict[str, Any]]:
    """What came of each case when it was last done."""
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else []
    return {one["case"]: one for one in map(json.loads, lines)}


def disturbed(cases: list[int]) -> Iterator[dict[str, Any]]:
    """Do cases one after the other, and keep what came of each."""
    _preload()
    bench = Bench(YEAR, commands(_lived(YEAR)))
    _parse_once(YEAR / "jamsosratu")
    bench.warm_up()
    with tempfile.TemporaryDirectory() as folder, RECORD.open("a", encoding="utf-8") as record:
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


def _lived(base: Path) -> str:
    """The small year, lived if it was not by this state of the code; returns the family that `prepare` names."""
    lived = base / "lived.json"
    known = json.loads(lived.read_text(encoding="utf-8")) if lived.exists() else {}
    if known.get("code") != state_of_code():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        known = {"code": state_of_code(), "family": prepare(base)}
        lived.write_text(json.dumps(known), encoding="utf-8")
    return str(known["family"])


@cache
def state_of_code() -> str:
    """The sha256 of all that a case runs through: what another state did undisturbed tells nothing of this one."""
    files = sorted(path for room in CODE for path in (ROOT / room).rglob("*") if path.is_file())
    told = hashlib.sha256()
    for path in (one for one in files if "__pycache__" not in one.parts):
        told.update(path.relative_to(ROOT).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(run())
