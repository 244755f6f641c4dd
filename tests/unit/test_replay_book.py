"""Files of an order book: read exactly, broken sequences found and told, any step's book known at once."""

from random import Random

import pytest
import structlog

from actors.market import BookRow
from adapters.replay.book import CHECKPOINT_STEPS
from adapters.replay.book_reader import read_book
from adapters.replay.instruments import instrument_of
from config.errors import MarketDataError
from config.recorded import ReplayColumns, ReplayFile
from tests.recordings import NAME, REAL, csv_of, real_files, spec

HEADER = "ts,sequence,kind,side,price,size"
COLUMNS = ReplayColumns(ts="ts", side="side")
SNAPSHOT = ["1000,7,snapshot,bid,100.00,1.5", "1000,7,snapshot,ask,100.02,2", "1000,7,snapshot,bid,99.99,3"]


def book_of(folder, *rows, columns=COLUMNS, header=HEADER):
    csv_of(folder, *rows, header=header, name="book.csv")
    return read_book(
        instrument_of(NAME, spec()), [ReplayFile(file="book.csv", data="book", unit="ns", columns=columns)], folder
    )


def test_rows_of_one_sequence_are_one_step(tmp_path):
    book = book_of(
        tmp_path, *SNAPSHOT, "1500,8,change,ask,100.02,0", "1500,8,change,ask,100.03,1", "1600,9,change,bid,100.00,0"
    )

    assert book.events(0, 3) == [
        BookRow(NAME, 1000, 7, ((10000, 1500), (9999, 3000)), ((10002, 2000),), is_snapshot=True),
        BookRow(NAME, 1500, 8, (), ((10002, 0), (10003, 1000))),
        BookRow(NAME, 1600, 9, ((10000, 0),), ()),
    ]
    assert book.after(0, 2000) is None
    assert book.after(1, 2000) == book.events(0, 1)[0]
    assert book.after(3, 2000) == BookRow(NAME, 1600, 9, ((9999, 3000),), ((10003, 1000),), is_snapshot=True)


BAD = {
    "a word": ([*SNAPSHOT, "1500,8,changed,ask,1,0"], "row 5: kind: expected one of snapshot, snap, change"),
    "a side": ([*SNAPSHOT, "1500,8,change,left,1,0"], "row 5: side: expected one of bid"),
    "no price": ([*SNAPSHOT, "1500,8,change,ask,0,1"], "row 5: price is zero"),
    "negative size": ([*SNAPSHOT, "1500,8,change,ask,1,-1"], "row 5: size is negative"),
    "an empty level": (["1000,7,snapshot,bid,100,0"], "row 2: size is zero: a level of a snapshot is there"),
    "two times": ([*SNAPSHOT, "1500,8,change,ask,1,1", "1501,8,change,bid,1,1"], "row 6: time stamp is not that of"),
    "back in time": ([*SNAPSHOT, "900,8,change,ask,1,1"], "row 5: time stamp is earlier than the one before"),
    "twice": ([*SNAPSHOT, "1500,8,change,ask,1,1", "1500,8,change,ask,1,2"], "row 5: price comes once more"),
    "places": ([*SNAPSHOT, "1500,8,change,ask,1.001,1"], "row 5: price 1.001 has 3 decimal places"),
    "half a number": ([*SNAPSHOT, "1500,8.5,change,ask,1,1"], "row 5: sequence 8.5 has 1 decimal places"),
    "no snapshot": (["1500,8,change,ask,1,1"], "expected a snapshot of the book, found none"),
}


@pytest.mark.parametrize(("rows", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_a_book_is_refused_with_row_and_reason(tmp_path, rows, said):
    with pytest.raises(MarketDataError, match=said):
        book_of(tmp_path, *rows)


def test_after_a_break_the_book_goes_on_with_the_next_snapshot(tmp_path):
    rows = [
        "500,3,change,bid,1,1",
        *SNAPSHOT,
        "1500,8,change,bid,98,1",
        "1600,10,change,bid,97,1",
        "1700,11,change,bid,96,1",
        "1800,20,snapshot,bid,95,1",
        "1900,21,change,bid,94,1",
        "2000,21,snapshot,bid,93,1",
    ]
    with structlog.testing.capture_logs() as logs:
        book = book_of(tmp_path, *rows)

    assert [(row.sequence, row.is_snapshot) for row in book.events(0, len(book.times))] == [
        (7, True),
        (8, False),
        (20, True),
        (21, False),
        (21, True),
    ]
    assert book.after(2, 1600).sequence == 8
    assert book.after(2, 1601) is None  # broken, and not known until the next snapshot
    assert book.after(3, 1801).bids == ((9500, 1000),)
    [told] = logs
    assert (told["event"], told["breaks"], told["lost_steps"]) == ("recording_has_breaks", 2, 3)
    assert "row 2: expected a snapshot first" in told["first"][0]
    assert "row 7: expected a step after 8, found one after 9" in told["first"][1]


def test_of_joined_steps_the_last_word_on_a_price_holds(tmp_path):
    columns = ReplayColumns(ts="ts", side="side", previous_sequence="before")
    header = "ts,before,sequence,kind,side,price,size"
    rows = ["1,0,100,snap,bid,1,1", "2,100,105,set,bid,2,5", "2,100,105,set,bid,2,6", "2,100,105,set,ask,2.5,6"]
    book = book_of(tmp_path, *rows, columns=columns, header=header)

    assert book.events(1, 2) == [BookRow(NAME, 2, 101, ((200, 6000),), ((250, 6000),))]


def test_sequences_of_a_venue_that_skip_numbers_become_one_by_one(tmp_path):
    columns = ReplayColumns(ts="ts", side="side", first_sequence="first")
    header = "ts,first,sequence,kind,side,price,size"
    rows = ["1,1,100,snapshot,bid,1,1", "2,101,105,set,bid,2,1", "3,106,106,set,bid,3,1", "4,108,109,set,bid,4,1"]
    with structlog.testing.capture_logs() as logs:
        book = book_of(tmp_path, *rows, columns=columns, header=header)

    assert book.sequences.tolist() == [100, 101, 102]
    assert "row 5: expected a step after 106, found one after 107" in logs[0]["first"][0]


@real_files
def test_the_real_depth_files_are_read_and_their_break_is_found():
    columns = ReplayColumns(
        ts="timestamp",
        sequence="last_update_id",
        first_sequence="first_update_id",
        previous_sequence="pu",
        kind="update_type",
        side="side",
        price="price",
        size="qty",
    )
    files = [
        ReplayFile(file=f"binance_btcusdt-depth-{kind}.csv", data="book", unit="ms", columns=columns)
        for kind in ("snap", "update")
    ]
    with structlog.testing.capture_logs() as logs:
        book = read_book(instrument_of(NAME, spec()), files, REAL)

    whole = book.after(1, 1_667_346_579_147_000_000)
    assert (len(book.times), len(whole.bids), len(whole.asks), whole.bids[0]) == (1, 100, 0, (2037700, 1770))
    assert (logs[0]["breaks"], logs[0]["lost_steps"]) == (1, 1)
    assert (
        "depth-update.csv, row 2: expected a step after 2098021528332, found one after 2098041693400"
        in (logs[0]["first"][0])
    )
    assert book.after(1, 1_667_347_199_939_000_001) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_any_book_of_a_long_recording_is_that_of_all_its_steps(tmp_path, seed):
    random = Random(seed)
    rows, bids, asks, books = [], {}, {}, []
    for number in range(2 * CHECKPOINT_STEPS + 100):
        is_snapshot = number == 0 or random.random() < 0.0007
        if is_snapshot:
            bids, asks = {}, {}
        for name, side, base in (("bid", bids, 9_000), ("ask", asks, 9_100)):
            for price in random.sample(range(base, base + 50), 3 if is_snapshot else random.randrange(1, 3)):
                size = random.randrange(1, 9) if is_snapshot else random.randrange(4)
                rows.append(f"{number + 1},{number},{'snap' if is_snapshot else 'set'},{name},{price},{size}")
                side[price] = size
        books.append(({p: s for p, s in bids.items() if s}, {p: s for p, s in asks.items() if s}))
    book = book_of(tmp_path, *rows)

    assert len(book.checkpoints) == 3
    edges = [CHECKPOINT_STEPS * n + d for n in (1, 2) for d in (-1, 0, 1)]
    for count in [1, *edges, len(books), *(random.randrange(1, len(books)) for _ in range(30))]:
        whole, (bids, asks) = book.after(count, 10**9), books[count - 1]
        assert {p // 100: s // 1000 for p, s in whole.bids} == bids
        assert {p // 100: s // 1000 for p, s in whole.asks} == asks
