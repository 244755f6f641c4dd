"""What the Python client costs: messages through its channel and mailbox, steps of a book, against bare decoding."""

import asyncio
import json
import time

import msgspec
import pytest
from whisperer_client.books import OrderBook
from whisperer_client.channel import Channel, Reader
from whisperer_client.mailbox import Mailbox
from whisperer_client.message import Message, read_head
from whisperer_client.types import BookDelta, TradeUpdate

from tests.bridge.test_client_book import Truth

pytestmark = pytest.mark.bench
COUNT = 30_000
MOST_TIMES_DECODING = 6.0


def trades():
    data = {"price": "64030.00", "quantity": "0.20000", "side": "buy", "ts": 1, "ts_ns": "1000000"}
    told = {"type": "trade", "ch": "trades:BTC-USDT.SIM", "ts": 1}
    return [json.dumps(told | {"seq": seq, "data": data | {"id": str(seq)}}) for seq in range(1, COUNT + 1)]


def spent(work):
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) / COUNT * 1e6


def test_a_message_costs_few_times_its_decoding():
    texts = trades()
    decoder = msgspec.json.Decoder(TradeUpdate)
    floor = min(spent(lambda: [decoder.decode(text) for text in texts]) for _ in range(3))

    async def whole():
        channel, mailbox = Channel("trades:BTC-USDT.SIM"), Mailbox(COUNT, on_room=lambda: None)
        reader = Reader(channel.kind, mailbox, None)
        reader.position = ("e", 0)
        channel.readers[reader] = None
        channel.subscribed(("e", 0))
        for text in texts:
            channel.take(Message(read_head(text), text))
        for _ in range(COUNT):
            (await mailbox.first()).typed()
            mailbox.drop_first()

    cost = min(spent(lambda: asyncio.run(whole())) for _ in range(3))
    print(f"client: {cost:.2f} us a message, decoding alone {floor:.2f} us: {cost / floor:.1f}x")
    assert cost < MOST_TIMES_DECODING * floor


def test_a_step_of_a_book_is_proved_in_little_time():
    truth, book = Truth(), OrderBook("BTC-USDT.SIM")
    start = truth.step(bids=[(p / 2, 1.0) for p in range(60)], asks=[(50 + p / 2, 1.0) for p in range(60)])
    assert book.begin(msgspec.convert(start, BookDelta))
    steps = [truth.step(bids=[(20 + n % 9 / 2, 1 + n % 4)], asks=[(50 + n % 7 / 2, n % 3)]) for n in range(COUNT // 10)]
    told = [json.dumps(step) for step in steps]
    decoder = msgspec.json.Decoder(BookDelta)
    floor = 10 * spent(lambda: [decoder.decode(text) for text in told])
    cost = 10 * spent(lambda: [book.apply(decoder.decode(text)) for text in told])
    print(f"book: {cost:.1f} us a step with its checksum, decoding alone {floor:.2f} us: {cost / floor:.1f}x")

    assert book.checksum() == truth.checksum()
    assert cost < MOST_TIMES_DECODING * floor
