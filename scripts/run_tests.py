"""Every test, several processes at once: what starts nodes and browsers waits more than it computes.

`python scripts/run_tests.py` runs all, `… quick` the fast ones; with other arguments it is pytest with them. Exit code
0: all are green.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
PYTEST = (sys.executable, "-m", "pytest")
PAGE = (sys.executable, "scripts/npm.py", "run", "--silent", "test")
ALL = (
    ("unit/test_*.py", "bridge/test_[a-c]*.py"),
    ("bridge/test_[d-z]*.py", "node/test_*.py"),
    ("live/test_*.py", "browser/test_[v-z]*.py"),
    ("browser/test_[a-u]*.py",),
)
"""Groups that take equally long on two cores: the first two compute, the others wait; the last is shown as it runs."""
QUICK = (
    ("unit/test_[a-o]*.py", "bridge/test_c*.py"),
    ("unit/test_[p-z]*.py", "bridge/test_[a-b]*.py"),
    ("bridge/test_[d-z]*.py",),
)
QUICKLY = ("-q", "-m", "not slow and not browser")


def main(arguments: Sequence[str]) -> int:
    """Run the tests; return the exit code."""
    if arguments[:1] == ["quick"]:
        return at_once([pytest(*QUICKLY, *arguments[1:], *selection(group)) for group in QUICK], {"QUICK": "1"})
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    return at_once([PAGE, *(pytest(*selection(group)) for group in ALL)], {})


def pytest(*arguments: str) -> Sequence[str]:
    """Return the command of one of several that run at once."""
    return (*PYTEST, "-p", "no:cacheprovider", *arguments)


def files(patterns: Sequence[str]) -> list[str]:
    """Return the files of tests that patterns name, each pattern's in the order of their names."""
    return [str(file) for pattern in patterns for file in sorted((ROOT / "tests").glob(pattern))]


def selection(patterns: Sequence[str]) -> list[str]:
    """Return what makes pytest run just the files of these patterns, without a search of their folder for each."""
    chosen = files(patterns)
    folders = dict.fromkeys(Path(file).parent for file in chosen)
    others = (str(file) for folder in folders for file in sorted(folder.glob("test_*.py")) if str(file) not in chosen)
    return [*map(str, folders), *(f"--ignore={file}" for file in others)]


def at_once(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> int:
    """Run programs; show the last as it runs, then what the others said."""
    *others, shown = commands
    outputs = [tempfile.TemporaryFile() for _ in others]  # noqa: SIM115  # they live as long as the programs
    started = [_start(command, output, environment) for command, output in zip(others, outputs, strict=True)]
    try:
        codes = [_start(shown, None, environment).wait(), *(one.wait() for one in started)]
    except KeyboardInterrupt:
        for one in started:
            one.terminate()
        return 130
    for output in outputs:
        output.seek(0)
        sys.stdout.write(output.read().decode(errors="replace"))
        output.close()
    return max(map(abs, codes))  # one that was killed has a negative one


def _start(command: Sequence[str], output: IO[bytes] | None, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, env=os.environ | environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
