import subprocess
import sys

import pytest

HASHES = """
import ctypes, sys, threading
from pathlib import Path

from actors.memory import return_large_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def use(size):
    c = ctypes.CDLL(None)
    c.malloc.restype = ctypes.c_void_p
    block = ctypes.c_void_p(c.malloc(ctypes.c_size_t(size)))
    c.memset(block, 1, ctypes.c_size_t(size))
    c.free(block)

if sys.argv[1] == "returns":
    return_large_memory()
before = resident()
for _ in range(3):
    thread = threading.Thread(target=use, args=(19 << 20,))
    thread.start()
    thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured as Linux tells it")
@pytest.mark.parametrize(("option", "is_kept"), [("keeps", True), ("returns", False)])
def test_what_hashes_of_passwords_need_goes_back_to_the_system(option, is_kept):
    kept = int(subprocess.run([sys.executable, "-c", HASHES, option], capture_output=True, check=True).stdout)

    assert (kept > 15 << 20) == is_kept, kept
