"""A real node as a process of its own, for tests that kill, restart and listen to it."""

import errno
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from tests.contract_check import check_answer

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120.0
"""How long a program may take to start, or to do what it is waited for: on a busy machine twenty times as long."""
EVERY_S = 0.05
"""Between two questions: so many may be asked for ever, oftener ones are refused after some time (429)."""
LOOK_S = 0.01
"""Between two looks whether a node has ended; one that comes later shows that the machine let nobody run."""
SHARES = 97
"""Processes that test at once take different ports: one that is free is not another's by the time it is used."""
PORTS = itertools.cycle(range(16_000 + os.getpid() % SHARES, 32_000, SHARES))
"""Below those that the system gives to connections: none of them takes the port of a node that is away."""


def free_port():
    """Return a port that nobody has, for a server that must come back on the same one; not one of the last hundred."""
    while True:
        port = next(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise
            else:
                return port


class NodeProcess:
    """`run_node.py live` with a state folder and a port of its own."""

    always = ()
    """Settings of every node that does not ask for others."""

    def __init__(self, state_dir, *settings, config="config/paper.toml", port=None, command=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines = []
        self._settings = [f"server.port={self.port}", f"node.state_dir={state_dir}", *self.always, *settings]
        self._command = command or [sys.executable, "run_node.py"]
        self._config = str(config)
        self.process = None
        self.start_s = 0.0
        """How long the newest start took until it was ready: what this machine can do now."""

    def start(self):
        """Start without waiting."""
        arguments = [*self._command, "live", "--config", self._config]
        for setting in self._settings:
            arguments += ["--set", setting]
        self.lines = []
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={k: v for k, v in os.environ.items() if not k.startswith(("WHISPERER__", "PYTHONDONT"))},
        )
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout, self.lines), daemon=True)
        self._reader.start()
        return self

    def ready(self, timeout_s=PATIENCE_S):
        """Wait until `/ready` answers 200; return the seconds since the start."""
        deadline = time.monotonic() + timeout_s
        answer = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the node ended with {self.process.returncode}:\n{self.text()}")
            try:
                with urllib.request.urlopen(f"{self.url}/ready", timeout=10):
                    self.start_s = time.monotonic() - self.started
                    return self.start_s
            except urllib.error.HTTPError as e:
                answer = e.read().decode()
            except OSError as e:
                answer = str(e)
            time.sleep(EVERY_S)
        raise AssertionError(f"not ready after {timeout_s} s ({answer}):\n{self.text()}")

    def until(self, condition, timeout_s=PATIENCE_S, every_s=EVERY_S):
        """Wait until something holds that the node brings about; return it."""
        deadline = time.monotonic() + timeout_s
        while not (found := condition()):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(every_s)
        return found

    def said(self, words, timeout_s=PATIENCE_S):
        """Wait until a printed line has these words."""
        self.until(lambda: any(words in line for line in self.lines), timeout_s, every_s=0.002)

    def get(self, path, timeout_s=PATIENCE_S):
        """Return the JSON of a GET, held against the contract; the API is asked again where it asks for that (503)."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}{path}", timeout=timeout_s) as answer:
                    body = answer.read()
                    check_answer("GET", path, answer.status, answer.headers, body)
                    return json.loads(body)
            except urllib.error.HTTPError as e:
                wait_s = float(e.headers.get("Retry-After") or "inf")
                is_api = path.startswith("/api/")
                if not (is_api and e.code == HTTPStatus.SERVICE_UNAVAILABLE and time.monotonic() + wait_s < deadline):
                    raise
            time.sleep(wait_s)

    def stop(self, signal_number=signal.SIGTERM, timeout_s=PATIENCE_S):
        """Send a signal and wait; return (exit code, seconds it took, but for those in which all stood still)."""
        begun = looked = time.monotonic()
        took_s = 0.0
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        while self.process.poll() is None:
            assert looked - begun < timeout_s, self.text()
            time.sleep(LOOK_S)
            now = time.monotonic()
            took_s += min(now - looked, 2 * LOOK_S)
            looked = now
        self._reader.join(timeout_s)
        return self.process.returncode, took_s

    def ended(self):
        """Wait until it has ended by itself; return the exit code."""
        return self.stop(0)[0]

    def freeze(self):
        """Stop the process: connections are taken and stay, nothing is answered."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        """End it without a word."""
        self.stop(signal.SIGKILL)

    def text(self):
        """Return the last of what it printed, but for the questions whether it is ready."""
        return "".join([line for line in self.lines if '"GET /ready"' not in line][-40:])

    def events(self):
        """Return every printed line as the JSON object that it must be."""
        return [json.loads(line) for line in self.lines]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace"))
