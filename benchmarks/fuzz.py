"""Ten thousand damaged or hostile files, settings, bundles and command lines: docs/results-fuzz.md.

`make hard` runs it. A case is a number: `--first` and `--cases` choose which, `--case N` does one here and shows its
traceback, `--resume` goes on with what an interrupted run left in `build/fuzz.jsonl`. Each worker is a process with a
limit of memory; one that works on a case for more than twenty seconds is ended, and that case is a hang.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

CASES, WORKERS = 10_000, 2
SECONDS, WAITING, BYTES = 20, 180, 1_500_000_000
RECORD, PAGE = ROOT / "build" / "fuzz.jsonl", ROOT / "docs" / "results-fuzz.md"
FAULTS = ("traceback", "hang", "memory", "crash")


def work(base: Path, cases: list[int]) -> None:
    """A worker: says of each case that it begins, and what came of it, a line each."""
    said = os.fdopen(os.dup(1), "w", buffering=1)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # LightGBM prints there
    os.dup2(nothing, 2)
    warnings.simplefilter("ignore")
    from lib.fuzz.targets import Fuzzer, parse_only_what_changed

    fuzzer = Fuzzer(base)
    parse_only_what_changed()
    _limit()
    for case in cases:
        said.write(json.dumps({"case": case}) + "\n")
        said.write(json.dumps(one(fuzzer, case)) + "\n")


def one(fuzzer: Any, case: int) -> dict[str, Any]:
    """Do one case; returns its outcome, seconds, and the memory that it took at most."""
    before = _reset_peak()
    folder, start = Path(tempfile.mkdtemp()), time.perf_counter()
    what = ""
    try:
        outcome = fuzzer.run(case, folder)
    except MemoryError:
        outcome = "memory"
    except BaseException as error:
        outcome, what = "traceback", _place(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = max(0, _peak() - before)
    found = {"case": case, "kind": fuzzer.kind(case), "outcome": "memory" if took > BYTES else outcome, "what": what}
    return found | {"seconds": round(time.perf_counter() - start, 3), "bytes": took}


def _place(error: BaseException) -> str:
    """The exception and the last line of ours that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "graduation_model" in frame.filename]
    last = own[-1] if own else frames[-1]
    return f"{type(error).__name__}: {str(error)[:400]} ({Path(last.filename).name}:{last.lineno})"


def _limit() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + 2 * BYTES, size + 2 * BYTES))


def _reset_peak() -> int:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


class Worker:
    """A process that does every n-th case, started again after the one that ended it."""

    def __init__(self, base: Path, cases: list[int]) -> None:
        self.base, self.cases = base, cases
        self.process: subprocess.Popen[str] | None = None
        self.now: int | None = None
        self.heard, self.worked_before = time.monotonic(), 0.0

    def start(self, cases: list[int]) -> None:
        self.cases, self.now, self.heard = cases, None, time.monotonic()
        command = [sys.executable, __file__, "--worker", str(self.base), json.dumps(cases)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tempfile.mkdtemp())

    def after(self) -> list[int]:
        """The cases behind the one that it was at."""
        return self.cases if self.now is None else self.cases[self.cases.index(self.now) + 1 :]

    def hangs(self) -> bool:
        """Whether a case took too long: by the processor's clock, and where it only waits by the one on the wall."""
        if self.now is None or self.process is None:
            return False
        waited = time.monotonic() - self.heard
        return waited > SECONDS and (waited > WAITING or self.worked() - self.worked_before > SECONDS)

    def worked(self) -> float:
        """Seconds of processor that the process took so far."""
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


class Run:
    """Cases in several processes, and what came of each, kept line by line in `RECORD`."""

    def __init__(self, base: Path) -> None:
        from lib.fuzz.targets import Fuzzer

        self.base, self.kinds = base, Fuzzer(base)
        self.found: list[dict[str, Any]] = []
        self.selector = selectors.DefaultSelector()

    def do(self, cases: list[int], workers: int) -> list[dict[str, Any]]:
        """Do the cases; returns what came of each."""
        RECORD.parent.mkdir(exist_ok=True)
        with RECORD.open("a", encoding="utf-8") as self.record, self.selector:
            for number in range(workers):
                self.begin(Worker(self.base, cases), cases[number::workers])
            while self.selector.get_map():
                for key, _ in self.selector.select(timeout=1):
                    self.hear(key.data, key.fileobj)
                for key in list(self.selector.get_map().values()):
                    if key.data.hangs():
                        self.end(key.data, "hang")
        return self.found

    def begin(self, worker: Worker, left: list[int]) -> None:
        if left:
            worker.start(left)
            assert worker.process is not None
            self.selector.register(worker.process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]

    def hear(self, worker: Worker, stdout: Any) -> None:
        """Take a line of a worker: it begins a case, it says what came of one, or it ended."""
        line = stdout.readline()
        if not line:
            self.end(worker, "crash")
            return
        said = json.loads(line)
        worker.heard = time.monotonic()
        if "outcome" not in said:
            worker.now, worker.worked_before = said["case"], worker.worked()
            return
        self.keep(said)
        worker.cases, worker.now = worker.after(), None
        if not worker.cases:
            assert worker.process is not None
            self.selector.unregister(stdout)
            worker.process.wait()

    def end(self, worker: Worker, outcome: str) -> None:
        """End a worker that hangs or is gone; another goes on behind the case that it was at."""
        assert worker.process is not None
        self.selector.unregister(worker.process.stdout)  # type: ignore[arg-type]
        worker.process.kill()
        code = worker.process.wait()
        left = worker.after()
        if worker.now is None and left and outcome == "crash":
            raise RuntimeError("a worker could not be started")
        if worker.now is not None:
            case, seconds = worker.now, round(time.monotonic() - worker.heard, 3)
            what = f"signal {-code}" if code < 0 and outcome == "crash" else ""
            came = {"case": case, "kind": self.kinds.kind(case), "outcome": outcome, "what": what}
            self.keep({**came, "seconds": seconds, "bytes": 0})
        self.begin(worker, left)

    def keep(self, result: dict[str, Any]) -> None:
        self.found.append(result)
        self.record.write(json.dumps(result) + "\n")
        self.record.flush()
        if result["outcome"] in FAULTS:
            print(f"case {result['case']}, {result['kind']}: {result['outcome']} {result['what']}", flush=True)
        elif len(self.found) % 1000 == 0:
            print(f"{len(self.found):,} cases", flush=True)


HEADER = ("what is read", "cases", "accepted", "refused in one line", *FAULTS, "slowest, s by the wall", "MB at most")
STORY = f"""# Bad input at scale

Written by `make hard`; nothing here is typed. Small files that the readers take are damaged or made hostile by chance:
bytes flipped, files cut, rows and columns lost, repeated and moved, numbers without end, dates that there are not,
other encodings, formulas, markup, entities, archives that unpack to gigabytes, YAML nested a thousand deep or with
anchors that multiply, settings of another kind, models whose manifest fits their odd content, words that no command
knows. Each case is a number and can be done again (`python benchmarks/fuzz.py --case N`).

Accepted: read, with what does not fit in quarantine. A hang is a case of more than {SECONDS} s of processor, memory
one of more than {BYTES / 1e9:.1f} GB, a crash the end of the process. Of the last four there may be none.
"""


def page(found: list[dict[str, Any]]) -> str:
    """The results by kind, as Markdown."""
    lines = ["| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|"]
    for kind in [*sorted({one["kind"] for one in found}), "all"]:
        rows = [one for one in found if kind in ("all", one["kind"])]
        counts = [f"{sum(one['outcome'] == name for one in rows):,}" for name in ("accepted", "refused", *FAULTS)]
        most = [f"{max(one['seconds'] for one in rows):.1f}", f"{max(one['bytes'] for one in rows) / 1e6:,.0f}"]
        lines.append("| " + " | ".join([kind, f"{len(rows):,}", *counts, *most]) + " |")
    return "\n".join([STORY, *lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=CASES, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the page is written from 0 alone")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--case", type=int, help="this one, here, with its traceback")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        base, cases = asked.worker
        work(Path(base), json.loads(cases))
        return 0
    from lib.fuzz.targets import Fuzzer, prepare

    with tempfile.TemporaryDirectory() as folder:
        base = prepare(Path(folder) / "base")
        if asked.case is not None:
            fuzzer, place = Fuzzer(base), Path(tempfile.mkdtemp())
            print(fuzzer.kind(asked.case))
            with contextlib.chdir(place):  # a case may write where it stands
                print(fuzzer.run(asked.case, place))
            return 0
        cases = range(asked.first, asked.first + asked.cases)
        before = (
            [json.loads(line) for line in RECORD.read_text().splitlines()] if asked.resume and RECORD.exists() else []
        )
        before = [one for one in before if one["case"] in cases]
        if not asked.resume:
            RECORD.unlink(missing_ok=True)
        left = sorted(set(cases) - {one["case"] for one in before})
        found = before + Run(base).do(left, asked.workers)
    content = page(found)
    print(content)
    if asked.first == 0:
        PAGE.write_text(content, encoding="utf-8")
    return int(any(one["outcome"] in FAULTS for one in found))


if __name__ == "__main__":
    sys.exit(main())
