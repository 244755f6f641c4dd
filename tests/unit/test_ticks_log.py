from hypothesis import given
from hypothesis import strategies as st

from actors.ports import Place
from actors.ticks.log import Log


def log_of(count, size=8):
    log = Log(size)
    for number in range(1, count + 1):
        log.append(number)
    return log


@given(st.lists(st.sampled_from(["append", "read", "tear"]), max_size=80))
def test_a_reader_gets_every_row_once_in_order_or_is_told_that_some_are_lost(steps):
    log, place, number, expected = Log(8), Place(0, 0), 0, []
    for step in steps:
        if step == "append":
            number += 1
            log.append(number)
            expected.append(number)
        elif step == "tear":
            log.tear()
            expected = None
        if step == "tear" or (expected is not None and len(expected) > 8):
            assert log.since(place) is None
            place, expected = log.place, []
        elif step == "read":
            assert log.since(place) == expected
            place, expected = log.place, []


def test_the_oldest_rows_go():
    log = log_of(20)

    assert len(log) == 8
    assert (log.oldest, log.newest) == (13, 20)
    assert log.since(Place(0, 12)) == [13, 14, 15, 16, 17, 18, 19, 20]
    assert log.since(Place(0, 11)) is None


def test_a_place_that_never_was_is_lost():
    assert log_of(3).since(Place(0, 4)) is None
    assert log_of(3).since(Place(1, 3)) is None


def test_pages_go_back_to_the_oldest_row_without_gap_or_repetition():
    log = log_of(20)
    pages, before = [], None
    while page := log.before(before, 3):
        pages.append([row for _, row in page])
        assert [number for number, _ in page] == pages[-1]
        before = page[-1][0]

    assert pages == [[20, 19, 18], [17, 16, 15], [14, 13]]


def test_rows_that_come_between_two_pages_do_not_shift_them():
    log = log_of(20)
    first = log.before(None, 3)
    log.append(21)

    assert [row for _, row in log.before(first[-1][0], 3)] == [17, 16, 15]


def test_a_page_before_what_is_kept_is_empty():
    assert log_of(20).before(5, 3) == []
    assert Log().before(None, 3) == []


def test_numbers_go_on_when_a_log_is_torn():
    log = log_of(5)
    log.tear()
    log.append("x")

    assert log.place == Place(1, 6)
    assert log.before(None, 5) == [(6, "x")]
