"""A client of a hub without a real socket, which checks the numbers of whatever it hears."""

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.bridge.connection import Connection
from actors.bridge.seat import Seat
from actors.bridge.seats import Seats
from actors.bridge.session import Session
from actors.ports.identity import LOCAL, Principal
from tests.bridge.hub_loop import FakeSocket
from tests.contract_check import check_message

if TYPE_CHECKING:
    from tests.bridge.hub_world import World


class View:
    """What a client knows of one channel; wrong numbering fails at once."""

    def __init__(self) -> None:
        self.position: tuple[str, int] | None = None
        self.rows: list[dict[str, Any]] = []
        self.growing: dict[str, Any] | None = None
        self.value: dict[str, Any] | None = None
        self.snapshots = 0
        self.updates = 0
        self._parts: list[dict[str, Any]] = []

    def take_snapshot(self, message: dict[str, Any]) -> None:
        number, parts = message["part"]
        assert number == len(self._parts), "parts out of order"
        self._parts.append(message)
        if number + 1 < parts:
            return
        items = [item for part in self._parts for item in part["data"]]
        self._parts = []
        self.position = (message["epoch"], message["seq"])
        self.snapshots += 1
        self.growing = items.pop() if items and items[-1].get("closed") is False else None
        self.rows = items
        self.value = items[-1] if items else None

    def take_update(self, message: dict[str, Any]) -> None:
        assert self.position is not None, "an update before the snapshot"
        assert not self._parts, "an update within a snapshot"
        epoch, last = self.position
        self.updates += 1
        data, seq = message["data"], message["seq"]
        if message["type"] in {"status", "quote", "book"}:
            assert seq >= last
            self.value = data
        elif data.get("closed") is False:
            assert seq == last, "an open bar of another place"
            assert not self.rows or data["t"] > self.rows[-1]["t"], "an open bar that has closed"
            self.growing = data
        else:
            assert seq == last + 1, f"hole or repetition: {last} -> {seq}"
            self.rows.append(data)
            if self.growing is not None and self.growing["t"] <= data.get("t", 0):
                self.growing = None
        self.position = (epoch, seq)


class FakeClient:
    """A client over a fake socket: keeps what it received, rebuilds its channels, comes back with `since`."""

    def __init__(self, world: "World", principal: Principal = LOCAL) -> None:
        self.world = world
        self.principal = principal
        self.views: dict[str, View] = {}
        self.wanted: dict[str, float | None] = {}
        """Channel -> pace."""
        self._fresh: dict[int, list[str]] = {}
        self.received: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self._ids = itertools.count(1)
        self.connect()

    def connect(self) -> None:
        """Open a fresh connection; what is known of the channels stays."""
        self._bytes = b""
        self._fresh = {}
        self.close_code = None
        self._ids = itertools.count(1)
        self.socket = FakeSocket(self._receive)
        self.connection = Connection(self.socket, self._on_close)
        self.world.hub.attach(self.connection)
        self.session = Session(
            self.world.hub, self.world.context, self.connection, seat=self._seat(), clock=self.world.loop
        )
        self.session.greet()

    def _seat(self) -> Seat:
        return Seats(self.world.context, clock=self.world.loop).take(self.principal, "", self._on_close)

    def disconnect(self) -> None:
        """Lose the connection and what was on its way."""
        self.world.hub.detach(self.connection)
        self.socket.is_closed = True
        for view in self.views.values():
            view._parts = []

    def resume(self) -> None:
        """Come back with a new connection, from where each channel was."""
        self.connect()
        for name, max_hz in self.wanted.items():
            view = self.views.get(name)
            if view is None or view.position is None:
                self.subscribe(name, max_hz=max_hz)
            else:
                self.ask("subscribe", ch=[name], since={name: view.position}, max_hz=max_hz)

    def subscribe(self, *names: str, max_hz: float | None = None, **fields: Any) -> dict[str, Any]:
        """Subscribe and return the answer (which a stalled client does not see: then the last message)."""
        self.wanted |= dict.fromkeys(names, max_hz)
        return self.ask("subscribe", fresh=list(names), ch=list(names), max_hz=max_hz, **fields)

    def unsubscribe(self, *names: str) -> dict[str, Any]:
        """Hear channels no more; what was known of them is forgotten."""
        for name in names:
            self.wanted.pop(name, None)
        return self.ask("unsubscribe", ch=list(names))

    def ask(self, op: str, *, fresh: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
        """Send an operation and return the answer to it, or an empty one while stalled.

        Channels in `fresh` are known anew from the ack on: what comes before it belongs to an earlier subscription.
        """
        number = next(self._ids)
        self._fresh[number] = list(fresh)
        self.tell(json.dumps({"op": op, "id": number, **fields}))
        answers = [one for one in self.received if one.get("id") == number]
        return answers[-1] if answers else {}

    def tell(self, text: str | bytes) -> None:
        """Send any text."""
        run(self.session.receive(text))
        self.world.raise_failures()

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.received if one["type"] == kind]

    def _on_close(self, code: int, reason: str) -> None:
        del reason
        self.close_code = code
        self.disconnect()

    def _receive(self, data: bytes) -> None:
        self._bytes += data
        try:
            while (payload := self._next_payload()) is not None:
                self._take(payload)
        except AssertionError as e:  # who writes may be ready for exceptions
            self.world.failures.append(e)
            raise

    def _next_payload(self) -> bytes | None:
        data = self._bytes
        if len(data) < 2:
            return None
        assert data[0] == 0x81, "not a whole text frame"
        width = {126: 2, 127: 8}.get(data[1], 0)
        size = int.from_bytes(data[2 : 2 + width]) if width else data[1]
        end = 2 + width + size
        if len(data) < max(end, 2 + width):
            return None
        self._bytes = data[end:]
        return data[2 + width : end]

    def _take(self, payload: bytes) -> None:
        message = check_message(payload, self.world.registry)
        if message["type"] == "ack":
            self.views |= {name: View() for name in self._fresh.pop(message["id"])}
        name = message.get("ch")
        if name is not None:
            assert name in self.views, f"never asked for {name}"
            view = self.views[name]
            (view.take_snapshot if message["type"] == "snapshot" else view.take_update)(message)
        self.received.append(message)


def run(work: Any) -> None:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("an operation waited")
