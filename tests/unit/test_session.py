from datetime import UTC, datetime

import pytest

from actors.market import SECOND_NS
from actors.signal.session import OUTSIDE, Session
from config.errors import ConfigError

NEW_YORK = "09:30-16:00 America/New_York"


def ns(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2024-01-10T14:30", OUTSIDE),
        ("2024-01-10T14:31", (1 / 390, 389 / 60)),
        ("2024-01-10T17:45", (0.5, 3.25)),
        ("2024-01-10T21:00", (1.0, 0.0)),
        ("2024-01-10T21:01", OUTSIDE),
        ("2024-01-13T17:45", OUTSIDE),  # Saturday
        ("2024-07-10T16:45", (0.5, 3.25)),  # summer time
    ],
)
def test_share_gone_and_hours_left(moment, expected):
    assert Session.from_text(NEW_YORK).at(ns(moment)) == pytest.approx(expected)


def test_days_may_come_in_any_order():
    session = Session.from_text(NEW_YORK)
    moments = [ns(f"2024-03-{day:02}T{hour:02}:40") for day in range(1, 20) for hour in range(24)]
    forth, back = [session.at(ts) for ts in moments], [session.at(ts) for ts in reversed(moments)]

    assert forth == back[::-1]
    assert len({item for item in forth if item != OUTSIDE}) > 5


@pytest.mark.parametrize("text", ["09:30-16:00 Nowhere/Land", "16:00-09:30 UTC", "09:30-09:30 UTC", "soon UTC", ""])
def test_what_cannot_be_is_told(text):
    with pytest.raises(ConfigError, match=r"signals\.session"):
        Session.from_text(text)
