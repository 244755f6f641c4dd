"""Keys, rows and a clock for the tests of users; nothing here is slow or random where it need not be."""

import base64
import os

from actors.auth.master_keys import MasterKeys
from actors.auth.vault import Vault
from actors.ports.person_rows import SessionRow, UserRow

NOW_MS = 1_795_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class HandClock:
    """UNIX milliseconds that go on when told."""

    def __init__(self, now_ms=NOW_MS):
        self.now_ms = now_ms

    def __call__(self):
        return self.now_ms

    def wait(self, *, s=0.0, ms=0):
        self.now_ms += ms + round(1_000 * s)


def master_keys(count=1):
    return MasterKeys([os.urandom(32) for _ in range(count)])


def key_text(key=None):
    return base64.b64encode(os.urandom(32) if key is None else key).decode()


def vault():
    return Vault(master_keys())


def user_row(user_id="anna", **changes):
    values = {"email": f"{user_id}@example.org", "roles": ("trader",), "created_ms": NOW_MS, "updated_ms": NOW_MS}
    return UserRow(user_id=user_id, **values | changes)


def session_row(session_id="6fb0d7d0-1111-4222-8333-444455556666", user_id="anna", **changes):
    values = {"refreshed_ms": NOW_MS, "active_ms": NOW_MS, "until_ms": NOW_MS + DAY_MS, "created_ms": NOW_MS}
    return SessionRow(session_id=session_id, user_id=user_id, **{"key": "sealed"} | values | changes)
