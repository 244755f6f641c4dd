"""The door for whoever runs the node: a socket in its state folder that only this account of the computer may open."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from actors.ports.people import People
from config.errors import ConfigError
from node.user_requests import Outcome, UserRequest, answered, read_request

NAME = "control.sock"
"""Under the state folder, mode 0600."""
MAX_BYTES = 65_536
"""Of a request."""
PATIENCE_S = 10.0
"""How long a caller may take to say what is wanted."""
ANSWER_S = 60.0
_LONGEST = 100
"""Bytes of a socket's path that every system takes."""

log = structlog.get_logger(__name__)


class NobodyAnswersError(ConfigError):
    """The door is closed, and nothing was asked: whoever holds the folder is no node with users, or not yet."""


class Control:
    """Answers requests about users, each on a connection of its own, for as long as the process lives."""

    def __init__(self, state_dir: Path, people: People) -> None:
        """Prepare; the caller holds the state folder."""
        self._state_dir = state_dir
        self._people = people
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the door, in place of one that a killed node has left."""
        try:
            listening = self._bound()
        except OSError as e:  # a file system without sockets: the node runs well without this
            log.warning("control_unavailable", path=str(self._state_dir / NAME), reason=str(e))
        else:
            self._server = await asyncio.start_unix_server(self._on_call, sock=listening, limit=MAX_BYTES)

    async def stop(self) -> None:
        """Close the door."""
        if self._server is not None:
            self._server.close()
            (self._state_dir / NAME).unlink(missing_ok=True)

    def _bound(self) -> socket.socket:
        (self._state_dir / NAME).unlink(missing_ok=True)
        with contextlib.ExitStack() as undo:
            listening = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            undo.callback(os.umask, os.umask(0o177))  # nobody else may open it, not even for a moment
            listening.bind(undo.enter_context(_short(self._state_dir)))
            listening.setblocking(False)  # the standard library's own order
            return socket.socket(fileno=os.dup(listening.fileno()))

    async def _on_call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request; whatever goes wrong with it ends this connection alone."""
        with contextlib.suppress(OSError, TimeoutError), contextlib.closing(writer):
            async with asyncio.timeout(PATIENCE_S):
                try:
                    request = read_request(await reader.readuntil())
                except (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as e:
                    log.warning("control_misread", reason=type(e).__name__)
                    return
            try:
                outcome = await answered(self._people, request)
            except Exception:  # the boundary between a caller and the node
                log.exception("control_failed", request=repr(request))
                outcome = Outcome(code="internal", problem="the node could not do it, its log says why")
            writer.write(msgspec.json.encode(outcome) + b"\n")
            await writer.drain()


def ask(state_dir: Path, request: UserRequest) -> Outcome:
    """Have the node do something that holds a state folder; blocks.

    Raises:
        NobodyAnswersError: If it cannot be reached.
        ConfigError: If it does not answer.
    """
    with _reached(state_dir) as connection:
        connection.sendall(msgspec.json.encode(request) + b"\n")
        answer = b"".join(iter(lambda: connection.recv(MAX_BYTES), b""))
    try:
        return msgspec.json.decode(answer, type=Outcome)
    except msgspec.DecodeError as e:
        raise ConfigError("the node has not answered; its log says why") from e


def _reached(state_dir: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_S)
    try:
        with _short(state_dir) as name:
            connection.connect(name)
    except OSError as e:
        connection.close()
        raise NobodyAnswersError(
            f"a node holds {state_dir}, and it cannot be reached through {state_dir / NAME} ({e.strerror}): "
            "it runs without users, or as somebody else"
        ) from e
    return connection


@contextlib.contextmanager
def _short(state_dir: Path) -> Iterator[str]:
    """Give the socket's path, through an open folder where it is longer than the system takes."""
    path = str(state_dir / NAME)
    if len(path.encode()) <= _LONGEST:
        yield path
        return
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)
