"""A node whose data client reads ticks of another process from a socket; notes when each reached an actor.

Run by `bench_intake.py` as a process of its own: `python benchmarks/intake_node.py PORT FILE [run_node arguments]`.
FILE gets (stamp, time in `on_trade`) of every trade, UNIX ns, as pairs of 64-bit integers.
"""

import asyncio
import resource
import socket
import sys
import time
from array import array
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from nautilus_trader.common import DataActor, DataActorConfig
from nautilus_trader.model import ActorId, AggressorSide, Price, Quantity, TradeId, TradeTick

import node.build
import run_node
from actors.engine import Scale
from actors.guard import Faults
from actors.market import INTERVALS, BarRow
from adapters.bars import ClosedRow
from adapters.client import FeedClient, FeedClientFactory
from benchmarks.metronome import INSTRUMENT, Metronome, use
from benchmarks.tick_source import RECORD, TRADE

ROOM = RECORD.size * 512
"""Bytes read at once: others have their turn after so many ticks."""
MINUTE = INTERVALS["1m"]


class Wall(Metronome):
    """A market without a past whose time is the wall clock's."""

    def __init__(self) -> None:
        super().__init__(1)

    @property
    def position_ns(self) -> int:
        return time.time_ns()

    def next_ts(self) -> None:
        return None


class SocketClient(FeedClient):
    """Hands trades and closed bars to the engine as they arrive."""

    port = 0

    async def _play(self) -> None:
        await self._settling.wait()
        loop, rest, room = asyncio.get_running_loop(), b"", bytearray(ROOM)
        with socket.socket() as source:
            source.setblocking(False)
            await loop.sock_connect(source, ("127.0.0.1", self.port))
            while size := await loop.sock_recv_into(source, room):
                rest = self._take(rest + room[:size])
                await asyncio.sleep(0)

    def _take(self, data: bytes) -> bytes:
        """Hand over whole records; return what is left."""
        scale, handle = Scale(INSTRUMENT), self._handle_data
        name, places, size_places = scale.instrument_id, scale.price_precision, scale.size_precision
        unit, size_unit = scale.price(1).raw, scale.quantity(1).raw
        price_of, quantity_of, side = Price.from_raw, Quantity.from_raw, AggressorSide.BUY
        whole = len(data) // RECORD.size * RECORD.size
        for ts, a, b, c, d, volume in RECORD.iter_unpack(data[:whole]):
            if d == TRADE:
                price, quantity = price_of(a * unit, places), quantity_of(b * size_unit, size_places)
                handle(TradeTick(name, price, quantity, side, TradeId(str(c)), ts, ts))
            else:
                row = BarRow(ts - MINUTE.duration_ns, a, b, c, d, volume)
                self._sender.send(ClosedRow(INSTRUMENT.instrument_id, MINUTE, row, ts))
        return data[whole:]


class SocketClientFactory(FeedClientFactory):
    @staticmethod
    def create(*, name, config, cache, clock):
        return SocketClient(name=name, config=config, cache=cache, clock=clock)


class Observer(DataActor):
    """Notes when a trade reaches an actor that does nothing else."""

    def __new__(cls, *_):
        return super().__new__(cls, DataActorConfig(actor_id=ActorId("OBSERVER-001")))

    def __init__(self, seen: array) -> None:
        super().__init__(DataActorConfig(actor_id=ActorId("OBSERVER-001")))
        self.faults = Faults("observer")
        self._note, self._now = seen.append, time.time_ns

    def on_start(self) -> None:
        self.subscribe_trades(Scale(INSTRUMENT).instrument_id)

    def on_trade(self, trade: TradeTick) -> None:
        self._note(trade.ts_event)
        self._note(self._now())


def main() -> int:
    SocketClient.port, path, seen = int(sys.argv[1]), Path(sys.argv[2]), array("q")
    shells = node.build._actors
    node.build._actors = lambda parts: (*shells(parts), Observer(seen))
    node.build.FeedClientFactory = SocketClientFactory
    use(Wall())
    code = run_node.main(sys.argv[3:])
    path.write_bytes(seen.tobytes())
    used = resource.getrusage(resource.RUSAGE_SELF)
    path.with_suffix(".cpu").write_text(str(used.ru_utime + used.ru_stime))
    return code


if __name__ == "__main__":
    sys.exit(main())
