"""One JSON event per line on stderr (a readable form on a terminal), whoever speaks.

The engine writes its warnings to stdout and its errors to stderr as text, whatever its configuration says. So in a
running node both descriptors point at a file, whose new lines are logged again as JSON; what a crash leaves in the
file is logged by the next start.
"""

import asyncio
import atexit
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import msgspec
import structlog

from config.errors import ConfigError
from config.schema import LogSection
from node.log_stream import LogStream

SERVICE = "whisperer"
POLL_S = 0.2
_ENGINE_LINE = re.compile(
    r"(?P<timestamp>\d{4}-\d\d-\d\dT[\d:.]+Z) \[(?P<level>[A-Z]+)\] (?P<component>[^\s:]+(?:::\w+)*): (?P<message>.*)"
)
_HARMLESS = re.compile(r"Received empty (?:Bar|TradeTick|QuoteTick) response for \S+ [0-9a-f-]{36}")
"""An answer with nothing in it is one: every jump asks about times at which the market has none."""
_LEVELS = {"ERROR": "error", "WARN": "warning", "WARNING": "warning", "INFO": "info", "DEBUG": "debug"}

log = structlog.get_logger(__name__)


def configure_logs(section: LogSection, stream: TextIO) -> None:
    """Send everything that structlog and the standard library log to `stream`; a log that fails stops nothing."""
    is_console = section.format == "console" or (section.format == "auto" and stream.isatty())
    lines = cast("TextIO", LogStream(stream))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service,
        structlog.processors.StackInfoRenderer(),
    ]
    if is_console:
        renderers: list[structlog.typing.Processor] = [structlog.dev.ConsoleRenderer(colors=stream.isatty())]
    else:
        renderers = [structlog.processors.format_exc_info, _render_json]
    level = getattr(logging, section.level.upper())
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(lines),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


class OutputCapture:
    """Everything written to descriptors 1 and 2 goes to a file and is logged again from there."""

    def __init__(self, path: Path, *, rotate_bytes: int = 4_194_304) -> None:
        """Prepare to capture into `path`, begun anew past `rotate_bytes`; nothing happens before `start`."""
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._reader: BinaryIO | None = None
        self._rest = b""
        self._is_old = False
        """Whether the file is that of a process that crashed: it is logged once, then another begins."""
        self._saved: list[int] = []
        self.stream: TextIO = sys.stderr
        """The real stderr, where the log goes."""

    def start(self) -> None:
        """Redirect both descriptors; what an earlier crash left in the file is logged by the first `drain`.

        Raises:
            ConfigError: If the file cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                self._is_old = file.tell() > 0
        except OSError as e:
            raise ConfigError(f"node.state_dir: {self._path} cannot be written: {e.strerror}") from e
        sys.stdout.flush()
        sys.stderr.flush()
        self._saved = [os.dup(1), os.dup(2)]
        self.stream = io.TextIOWrapper(io.FileIO(os.dup(2), "w"), encoding="utf-8", write_through=True)
        self._redirect()
        self._reader = self._path.open("rb")
        atexit.register(self.stop)

    async def follow(self) -> None:
        """Log new lines until cancelled."""
        while True:
            self.drain()
            await asyncio.sleep(POLL_S)

    def drain(self, *, is_last: bool = False) -> None:
        """Log the whole lines written since the last time; the last time also half a line."""
        if self._reader is None:
            return
        try:
            text = self._rest + self._reader.read()
            if self._is_old or self._reader.tell() > self._rotate_bytes:
                self._is_old = False
                text += self._rotate()
        except OSError as e:
            log.warning("captured_output_unreadable", error=str(e))
            return
        whole, newline, self._rest = text.rpartition(b"\n")
        if is_last:
            whole, newline, self._rest = text, b"\n", b""
        if newline:
            relog(whole.decode("utf-8", "replace").splitlines())

    def stop(self) -> None:
        """Give the descriptors back, log the rest and remove the file; safe to call twice."""
        if not self._saved:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, saved in zip((1, 2), self._saved, strict=True):
            os.dup2(saved, descriptor)
            os.close(saved)
        self._saved = []
        self.drain(is_last=True)
        self._path.unlink(missing_ok=True)

    def _redirect(self) -> None:
        target = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(target, 1)
        os.dup2(target, 2)
        os.close(target)

    def _rotate(self) -> bytes:
        """Begin a new file; writers move over with the descriptors, so nothing falls between. Return the old rest."""
        if self._reader is None:
            return b""
        self._path.unlink(missing_ok=True)
        self._redirect()
        rest = self._reader.read()
        self._reader.close()
        self._reader = self._path.open("rb")
        return rest


def relog(lines: Iterable[str], emit: Callable[..., None] | None = None) -> None:
    """Log captured lines: an engine record with its continuation lines is one event, so is any other block."""
    record: dict[str, str] | None = None
    for line in lines:
        match = _ENGINE_LINE.fullmatch(line)
        if match:
            _emit(record, emit)
            record = {"service": "engine", **match.groupdict()}
        elif record is None:
            record = {"service": "output", "level": "WARN", "message": line}
        else:
            record["message"] += f"\n{line}"
    _emit(record, emit)


def _emit(record: dict[str, str] | None, emit: Callable[..., None] | None) -> None:
    if record is None or not record["message"].strip():
        return
    level = _LEVELS.get(record["level"], "info")
    if level == "warning" and record["service"] == "engine" and _HARMLESS.fullmatch(record["message"].rstrip()):
        level = "debug"
    event = "engine_message" if record["service"] == "engine" else "captured_output"
    fields: dict[str, Any] = {"service": record["service"], "message": record["message"].rstrip()}
    if "component" in record:
        fields |= {"component": record["component"], "engine_timestamp": record["timestamp"]}
    (emit or getattr(log, level))(event, **fields)


def _add_service(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("service", SERVICE)
    return event


def _render_json(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: Any) -> None:  # noqa: ANN401  # the hook's type
    if not issubclass(kind, KeyboardInterrupt):
        log.critical("uncaught_exception", exc_info=(kind, error, trace))
