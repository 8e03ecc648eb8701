"""What comes from elsewhere is data: while it is read, the interpreter itself reports no code made out of it.

Python raises an audit event for whatever unpickles, starts a program, opens a socket or compiles text (PEP 578): no
library underneath can do so unseen. A hook cannot be taken away again, so each runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WATCHED = """
import sys
FORBIDDEN = {"pickle.find_class", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect",
             "marshal.loads", "exec", "compile", "ctypes.dlopen"}
def watched(work):
    work()  # whatever is imported on the way is imported now
    def hook(event, arguments):
        if event in FORBIDDEN:
            print("raised", event)
            raise RuntimeError(event)
    sys.addaudithook(hook)
    work()
    print("quiet")
"""


def run(work: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", WATCHED + work], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    return done.stdout.split("\n")[:-1]


def test_reading_a_bundle_and_a_programmes_folder_makes_no_code() -> None:
    said = run("""
from pathlib import Path
from graduation_model.config import load_programme
from graduation_model.estimators.bundle import load_bundle
def work():
    load_bundle(Path("models/jamsosratu-simulated/bundle"))
    load_programme("jamsosratu")
watched(work)
""")
    assert said == ["quiet"]


@pytest.mark.parametrize("code", ["import pickle; pickle.loads(b'cos\\nsystem\\n.')", "eval('1 + 1')"])
def test_the_watch_sees_what_it_is_there_for(code: str) -> None:
    said = run(f"""
told = False
def work():
    global told
    if told:
        {code}
    told = True
watched(work)
""")
    assert said[0].startswith("raised")
