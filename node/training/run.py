"""The training process: `python -m node.training.run NICE`. A job on stdin, progress on stdout, a model on the disk.

It may be killed at any time: a model is saved whole or not at all. It ends soon after the process that has started it:
a node that was killed and is back says that the training has failed.
"""

import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import structlog
from msgspec import structs

from config.errors import ConfigError, NodeError

_MOST = 2_000
"""Characters of a message: a line must not be longer than its reader takes."""
_LOOK_S = 0.2
"""Between two looks whether the process that has started it is still there."""
_out: BinaryIO = sys.stdout.buffer


def main() -> int:
    """Do one job; return 0, 2 when what was asked cannot be done, 1 when it broke."""
    global _out  # noqa: PLW0603  # taken once, before anything can write to it
    _out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no word of ours
    threading.Thread(target=_end_after, args=(os.getppid(),), daemon=True).start()
    os.nice(int(sys.argv[1]))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for progress
    try:
        _do(sys.stdin.buffer.read())
    except NodeError as e:
        _say(stage="failed", code=e.code, message=str(e)[:_MOST])
        return 2
    except Exception as e:  # noqa: BLE001  # the boundary of the process: its last word is always a line
        traceback.print_exc()
        _say(stage="failed", code="job_failed", message=f"{type(e).__name__}: {e}"[:_MOST])
        return 1
    return 0


def _do(raw: bytes) -> None:
    begun = time.perf_counter()
    _say(stage="start", message="loading")
    from actors.signal.models.registry import ModelRegistry, new_model_id  # noqa: PLC0415  # said before it takes time
    from node.training.job import OrderJob, TrainingJob  # noqa: PLC0415
    from node.training.making import make  # noqa: PLC0415

    job = msgspec.json.decode(raw, type=TrainingJob | OrderJob)
    models = ModelRegistry(Path(job.models_dir), _key(job.models_key_env))
    made = make(job, models, lambda *told: _say(**dict(zip(_TOLD, told, strict=True))))
    report, page = made.timed(round(time.perf_counter() - begun, 2))
    files = {**made.files, "report.json": report, "report.html": page}
    saved = models.save(structs.replace(made.meta, id=new_model_id(job.wish.kind)), files)
    is_promoted = job.promote and saved.is_promotable
    if is_promoted:
        models.promote(saved.id)
    models.cleanup(job.keep)
    _say(stage="finished", done=1, message=saved.reason, model_id=saved.id, is_promoted=is_promoted)


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _key(variable: str | None) -> bytes | None:
    if variable is None:
        return None
    text = os.environ.get(variable)
    if not text:
        raise ConfigError(f"models.key_env: expected {variable} in the environment, found nothing")
    return text.encode()


_TOLD = ("stage", "done", "of", "message")


def _say(**word: Any) -> None:  # noqa: ANN401  # fields of a `Word`, which is not loaded yet at the first
    _out.write(msgspec.json.encode(word) + b"\n")
    _out.flush()


if __name__ == "__main__":
    sys.exit(main())
