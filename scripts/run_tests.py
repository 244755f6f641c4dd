"""Every test, in two processes at once: what needs the network or a browser waits more than it computes.

`python scripts/run_tests.py` runs all; with arguments it is pytest with them. Exit code 0: all are green.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTEST = (sys.executable, "-m", "pytest")
PAGE = (sys.executable, "scripts/npm.py", "run", "--silent", "test")
WHOLE = (*PYTEST, "tests/live", "tests/browser")
"""Whole nodes as users start them, and the page in a browser."""
PARTS = (*PYTEST, "-p", "no:cacheprovider", "tests/unit", "tests/bridge", "tests/node")


def main(arguments: Sequence[str]) -> int:
    """Run the tests; return the exit code."""
    if arguments:
        return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode
    with tempfile.TemporaryFile() as output:
        page = subprocess.run(PAGE, cwd=ROOT, check=False).returncode
        parts = subprocess.Popen(PARTS, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            whole = subprocess.run(WHOLE, cwd=ROOT, check=False).returncode
            rest = parts.wait()
        except KeyboardInterrupt:
            parts.terminate()
            parts.wait()
            return 130
        output.seek(0)
        sys.stdout.write(output.read().decode(errors="replace"))
    return page or whole or rest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
