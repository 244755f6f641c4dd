"""Clients that misbehave, each a function for a process of its own: (port, seconds, pipe that tells begin and end)."""

import json
import os
import selectors
import socket
import struct
import time
import urllib.request
from collections import Counter

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
BARS = [f"bars:{name}.SIM:{interval}" for name in ("BTC-USDT", "ETH-USDT") for interval in ("1m", "1s", "5m")]
STALLED = 20
"""Clients that never read."""


def frame(payload, opcode=1):
    """Return a client's frame, masked with zeros."""
    size = len(payload)
    head = bytes((0x80 | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 65_536:
        head += struct.pack("!BH", 0x80 | 126, size)
    else:
        head += struct.pack("!BQ", 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


def operation(**fields):
    return frame(json.dumps(fields).encode())


def opened(port, *, handshake=HANDSHAKE, receive_buffer=None):
    """Return a connected socket after its handshake was sent."""
    one = socket.socket()
    if receive_buffer:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    one.settimeout(5)
    one.connect(("127.0.0.1", port))
    one.sendall(handshake)
    return one


def status_of(one):
    """Return the status and, of a refusal, its code."""
    try:
        head = one.recv(65_536)
    except OSError:
        return "no answer"
    status = head[9:12].decode(errors="replace")
    if status == "101":
        return status
    body = head.partition(b"\r\n\r\n")[2]
    try:
        return f"{status} {json.loads(body)['code']}"
    except (ValueError, KeyError):
        return f"{status} without a code"


def until(seconds):
    """Yield again and again for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def hold(pipe, seconds, sockets, what):
    """Do nothing with open sockets."""
    pipe.send("begun")
    time.sleep(seconds)
    _finish(pipe, sockets, Counter({what: len(sockets)}))


def tick_channels(port):
    """Return the names of what comes fastest: all trades, quotes and book steps of a node."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/instruments", timeout=5) as answer:
        names = [one["instrument_id"] for one in json.load(answer)["items"]]
    return [f"{kind}:{name}" for kind in ("trades", "quotes", "book_delta") for name in names]


def never_reads(port, seconds, pipe):
    """Subscribe to everything that comes fast and read nothing."""
    channels = tick_channels(port)
    sockets = [opened(port, receive_buffer=4_096) for _ in range(STALLED)]
    for one in sockets:
        one.sendall(operation(op="subscribe", id=1, ch=channels))
    hold(pipe, seconds, sockets, "stalled")


def connects_at_once(port, seconds, pipe):
    """Open 200 connections at once, again and again."""
    pipe.send("begun")
    told = Counter()
    for _ in until(seconds):
        sockets = []
        for _ in range(200):
            try:
                sockets.append(opened(port))
            except OSError:
                told["refused by the kernel"] += 1
        told.update(status_of(one) for one in sockets)
        for one in sockets:
            one.close()
    _finish(pipe, [], told)


def slow_headers(port, seconds, pipe):
    """Open 80 connections that send their head byte by byte."""
    sockets = [opened(port, handshake=b"GET /ws HTT") for _ in range(80)]
    pipe.send("begun")
    told = Counter()
    for _ in until(seconds):
        for one in sockets:
            try:
                one.send(b"P")
                told["bytes"] += 1
            except OSError:
                told["cut"] += 1
        time.sleep(0.05)
    _finish(pipe, sockets, told)


def half_open(port, seconds, pipe):
    """Open 60 connections that say nothing after their handshake, and 60 that say nothing at all."""
    sockets = [opened(port) for _ in range(60)] + [opened(port, handshake=b"") for _ in range(60)]
    hold(pipe, seconds, sockets, "silent")


def big_frames(port, seconds, pipe):
    """Send frames of a megabyte, each on a new connection."""
    pipe.send("begun")
    told = Counter()
    data = frame(b"x" * 1_048_576)
    for _ in until(seconds):
        one = opened(port)
        one.recv(65_536)
        try:
            one.sendall(data)
        except OSError:
            told["cut"] += 1
        told[_close_code(one)] += 1
        one.close()
    _finish(pipe, [], told)


def many_subscriptions(port, seconds, pipe):
    """Ask for 10,000 channels, as many in one message as fit, known and unknown."""
    pipe.send("begun")
    told = Counter()
    for _ in until(seconds):
        one = opened(port)
        time.sleep(0.05)
        one.recv(65_536)
        for at in range(10):
            names = [f"bars:BTC-USDT.SIM:{at}-{number}"[:40] for number in range(1_000)]
            try:
                one.sendall(operation(op="subscribe", id=at + 1, ch=names))
            except OSError:
                told["cut"] += 1
        time.sleep(0.3)
        for code in _codes(one):
            told[code] += 1
        one.close()
    _finish(pipe, [], told)


def ping_flood(port, seconds, pipe):
    """Send pings as fast as the socket takes them, from 5 connections, connecting again when cut."""
    pipe.send("begun")
    told = Counter()
    burst = frame(b"", 9) * 1_000
    sockets = [opened(port) for _ in range(5)]
    for _ in until(seconds):
        for at, one in enumerate(sockets):
            try:
                one.send(burst)
                told["bursts"] += 1
            except OSError:
                told[_close_code(one)] += 1
                one.close()
                sockets[at] = opened(port)
    _finish(pipe, sockets, told)


def _close_code(one):
    """Return what a connection was closed with, reading whatever comes before."""
    data = b""
    try:
        while part := one.recv(65_536):
            data += part
    except OSError:
        pass
    for at in range(len(data) - 4, -1, -1):
        if data[at] == 0x88:
            return f"closed {struct.unpack('!H', data[at + 2 : at + 4])[0]}"
    return "cut"


def _codes(one):
    one.setblocking(False)
    data = b""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ)
        while selector.select(0.2):
            try:
                part = one.recv(1 << 20)
            except OSError:
                break
            if not part:
                break
            data += part
    return [part.partition(b'"')[0].decode() for part in data.split(b'"code":"')[1:]]


def _finish(pipe, sockets, told):
    for one in sockets:
        one.close()
    pipe.send(dict(told))
    os._exit(0)


ATTACKS = {
    "a client never reads": never_reads,
    "200 connects at once": connects_at_once,
    "slow headers": slow_headers,
    "half-open sockets": half_open,
    "frames of 1 MB": big_frames,
    "10,000 subscriptions": many_subscriptions,
    "a flood of pings": ping_flood,
}
