"""A process that is killed at any moment of its writing leaves whole models and a promotion that can be read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

STORY = """
import json, os, signal, sys, tempfile
from pathlib import Path

import structlog
structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])

from actors.signal.models.registry import ModelRegistry
from tests.unit.model_files import made_meta
from tests.unit.walks import NAME

FILES = {"model.json": b"m" * 70_000, "notes.txt": b"n"}
STEPS = ("open", "os.mkdir", "os.rename", "os.chmod", "os.remove", "os.rmdir", "os.unlink")
left = None


def count(event, _args):
    # every call that changes the disk is announced: die before the one that it is the turn of
    global left
    if left is not None and event in STEPS:
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


real_sync = os.fsync
def sync(number):
    count("open", ())
    real_sync(number)
os.fsync = sync
sys.addaudithook(count)


def write(folder, steps):
    # a training's end: a model saved and promoted, the one before it thrown away
    global left
    registry = ModelRegistry(folder)
    left = steps
    registry.save(made_meta("new", created_ms=9), FILES)
    registry.promote("new")
    registry.cleanup(keep=0)
    left = None


def found(folder):
    registry = ModelRegistry(folder)
    models = registry.models()
    for meta in models:
        assert {name: registry.read(meta, name) for name in meta.files} == FILES, meta.id
    current = registry.current(NAME, "1m", "gbt")
    assert current in models, (current, models)
    registry.cleanup()
    unfinished = [path.name for path in folder.rglob(".*")]
    registry.save(made_meta("after"), FILES)
    registry.promote("after")
    assert registry.current(NAME, "1m", "gbt").id == "after"
    return sorted(meta.id for meta in models), current.id, unfinished


outcomes = []
for steps in range(200):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "models"
        first = ModelRegistry(folder)
        first.save(made_meta("old"), FILES)
        first.promote("old")
        if (child := os.fork()) == 0:
            write(folder, steps)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        outcomes.append(found(folder))
        if status == 0:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL, status
print(json.dumps(outcomes))
"""


def test_killed_before_any_step_it_leaves_whole_models():
    told = subprocess.run(
        [sys.executable, "-c", STORY], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert told.returncode == 0, told.stderr[-2_000:]
    outcomes = json.loads(told.stdout)

    assert len(outcomes) > 20, "it was killed so often"
    assert [unfinished for _, _, unfinished in outcomes if unfinished] == []
    seen = [(tuple(models), current) for models, current, _ in outcomes]
    in_order = list(dict.fromkeys(seen))
    assert in_order == [(("old",), "old"), (("new", "old"), "old"), (("new", "old"), "new"), (("new",), "new")]
    assert seen == sorted(seen, key=in_order.index), "what has happened stays so"
