"""Runs trainings beside the loop: one at a time, with a deadline, and cancelled at any time."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from config.errors import ConflictError
from config.training_errors import TrainingError
from node.training.job import Job, Word

log = structlog.get_logger(__name__)

ROOT = Path(__file__).parents[2]
INPUT = 2
"""How the process ends when what was asked cannot be done."""
GRACE_S = 1.0
"""After a SIGTERM; then it is killed."""
_MOST_LINE = 65_536
_LAST_LINES = 20
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Told = Callable[[Word], None]


class Trainer:
    """Starts the training process; lives as long as its owner and must be closed."""

    def __init__(self, python: str = sys.executable) -> None:
        """Start with nothing under way."""
        self._python = python
        self._process: Process | None = None
        self._is_busy = False
        self._is_cancelled = False
        self._scope: asyncio.Timeout | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a training is under way."""
        return self._is_busy

    async def train(self, job: Job, told: Told, *, deadline_s: float) -> Word:
        """Run one training to its end and return its last word, of stage `finished`.

        Args:
            job: What is asked.
            told: Hears every word, on the loop.
            deadline_s: Wall seconds after which it is given up.

        Raises:
            ConflictError: If one is under way.
            TrainingError: If it failed, was cancelled, or took too long; nothing is saved then.
        """
        if self._is_busy:
            raise ConflictError("a training is under way already")
        self._is_busy, self._is_cancelled = True, False
        try:
            async with asyncio.timeout(deadline_s) as self._scope:
                return await self._run(job, told)
        except TimeoutError as e:
            if self._is_cancelled:
                raise TrainingError("training: cancelled", is_cancelled=True) from e
            raise TrainingError(f"training: not done within {deadline_s:g} s") from e
        finally:
            self._scope = None
            await self._end()
            self._is_busy = False

    def cancel(self) -> bool:
        """Stop the training under way, within `GRACE_S`; return whether there is one. `train` raises then."""
        if not self._is_busy:
            return False
        if not self._is_cancelled and self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time() + GRACE_S)
        self._is_cancelled = True
        _terminate(self._process)
        return True

    async def _run(self, job: Job, told: Told) -> Word:
        process = self._process = await asyncio.create_subprocess_exec(
            self._python, "-m", "node.training.run", str(job.wish.section.nice),
            stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=_MOST_LINE, cwd=ROOT, start_new_session=True,
            env={**os.environ, **dict.fromkeys(_THREADS, "1")},
        )  # fmt: skip  # one line for the command, one for its surroundings
        if self._is_cancelled:
            _terminate(process)
        async with asyncio.TaskGroup() as group:
            group.create_task(_give(process, msgspec.json.encode(job)))
            last = group.create_task(_words(process, told))
            complaints = group.create_task(_complaints(process))
        code = await process.wait()
        word = last.result()
        if word is not None and word.stage == "finished" and code == 0:
            return word
        raise self._failure(word, code, complaints.result())

    def _failure(self, word: Word | None, code: int, complaints: str) -> TrainingError:
        if self._is_cancelled:
            return TrainingError("training: cancelled", is_cancelled=True)
        if word is not None and word.stage == "failed":
            log.info("training_failed", code=word.code, error=word.message, stderr=complaints)
            return TrainingError(word.message, is_input=code == INPUT)
        log.error("training_broke", exit_code=code, stderr=complaints)
        return TrainingError(f"training: the process ended with {code} and without a word")

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if not self._is_cancelled:  # else it was asked already, and has had its time
            _terminate(process)
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()


def _terminate(process: Process | None) -> None:
    if process is not None and process.returncode is None:
        process.terminate()


async def _give(process: Process, raw: bytes) -> None:
    if process.stdin is None:
        return
    try:
        process.stdin.write(raw)
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # it has ended; what it said of that is read by others
    process.stdin.close()


async def _words(process: Process, told: Told) -> Word | None:
    """Tell every word; return the last one."""
    word = None
    if process.stdout is not None:
        async for line in process.stdout:
            word = msgspec.json.decode(line, type=Word)
            told(word)
    return word


async def _complaints(process: Process) -> str:
    """Return the last lines of its stderr; all of it is read, so that it never waits for a reader."""
    lines: deque[bytes] = deque(maxlen=_LAST_LINES)
    if process.stderr is not None:
        while part := await process.stderr.read(_MOST_LINE):
            lines.extend(part.splitlines())
    return b"\n".join(lines).decode(errors="replace")
