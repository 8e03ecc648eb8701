"""Products of matrices in one thread; where BLAS would find no memory, that is an error and no wait."""

import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info

from graduation_model.blas import one_thread

_LITTLE_MEMORY = """
import resource
from pathlib import Path
import numpy as np
from scipy.linalg import cho_factor
from graduation_model.blas import one_thread
status = Path("/proc/self/status").read_text()
granted = int(status.split("VmData:")[1].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (granted + (20 << 20),) * 2)
try:
    with one_thread():
        cho_factor(np.eye(500))
except MemoryError:
    print("refused")
"""


def threads(kind: str) -> set[int]:
    return {one["num_threads"] for one in threadpool_info() if one["user_api"] == kind}


def test_blas_computes_in_one_thread_and_trees_in_theirs_unless_all_are_asked_for():
    np.eye(2) @ np.eye(2)
    before = threads("blas"), threads("openmp")
    with one_thread():
        assert (threads("blas"), threads("openmp")) == ({1}, before[1])
    with one_thread(api=None):
        assert threads("blas") | threads("openmp") == {1}
    assert (threads("blas"), threads("openmp")) == before


def test_blas_is_not_begun_where_there_is_no_memory_for_it():
    # Without the look beforehand this waits for ever with scipy 1.17, whose OpenBLAS is 0.3.30.
    ran = subprocess.run([sys.executable, "-c", _LITTLE_MEMORY], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "refused\n"
