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

BOOK = """
import sys
from pathlib import Path

from actors.memory import return_engine_memory

if sys.argv[1] == "returns":
    return_engine_memory()
from nautilus_trader.model import BookOrder, BookType, InstrumentId, OrderBook, OrderSide, Price, Quantity

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

before = resident()
book = OrderBook(InstrumentId.from_str("BTC-USDT.SIM"), BookType.L3_MBO)
for number in range(100_000):
    book.add(BookOrder(OrderSide.BUY, Price(100 + number % 50, 0), Quantity(1, 0), number + 1), 0, number, number)
taken = resident() - before
del book
print(taken, resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured as Linux tells it")
@pytest.mark.parametrize(("option", "is_kept"), [("keeps", True), ("returns", False)])
def test_what_hashes_of_passwords_need_goes_back_to_the_system(option, is_kept):
    kept = int(subprocess.run([sys.executable, "-c", HASHES, option], capture_output=True, check=True).stdout)

    assert (kept > 15 << 20) == is_kept, kept


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured as Linux tells it")
@pytest.mark.parametrize(("option", "is_kept"), [("keeps", True), ("returns", False)])
def test_what_the_engine_frees_goes_back_to_the_system_at_once(option, is_kept):
    told = subprocess.run([sys.executable, "-c", BOOK, option], capture_output=True, check=True, text=True).stdout
    taken, kept = map(int, told.split())

    assert taken > 16 << 20
    assert (kept > taken / 2) == is_kept, kept
