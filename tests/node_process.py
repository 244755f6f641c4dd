"""A real node as a process of its own, for tests that kill, restart and listen to it."""

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
from pathlib import Path

from tests.contract_check import check_answer

ROOT = Path(__file__).parents[1]


def free_port():
    """Return a port that was free a moment ago, for a node that must come back on the same one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NodeProcess:
    """`run_node.py live` with a state folder and a port of its own."""

    def __init__(self, state_dir, *settings, config="config/paper.toml", port=None, command=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines = []
        self._settings = [f"server.port={self.port}", f"node.state_dir={state_dir}", *settings]
        self._command = command or [sys.executable, "run_node.py"]
        self._config = str(config)
        self.process = None

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

    def ready(self, timeout_s=20.0):
        """Wait until `/ready` answers 200; return the seconds since the start."""
        deadline = time.monotonic() + timeout_s
        answer = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the node ended with {self.process.returncode}:\n{self.text()}")
            try:
                with urllib.request.urlopen(f"{self.url}/ready", timeout=1):
                    return time.monotonic() - self.started
            except urllib.error.HTTPError as e:
                answer = e.read().decode()
            except OSError as e:
                answer = str(e)
            time.sleep(0.02)
        raise AssertionError(f"not ready after {timeout_s} s ({answer}):\n{self.text()}")

    def get(self, path):
        """Return the JSON of a GET, held against the contract."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            body = answer.read()
            check_answer("GET", path, answer.status, answer.headers, body)
            return json.loads(body)

    def stop(self, signal_number=signal.SIGTERM, timeout_s=10.0):
        """Send a signal and wait; return (exit code, seconds it took)."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        code = self.process.wait(timeout_s)
        self._reader.join(5)
        return code, time.monotonic() - begun

    def kill(self):
        """End it without a word."""
        self.stop(signal.SIGKILL)

    def text(self):
        """Return the last of what it printed."""
        return "".join(self.lines[-40:])

    def events(self):
        """Return every printed line as the JSON object that it must be."""
        return [json.loads(line) for line in self.lines]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line.decode("utf-8", "replace"))
