"""The product's version, as `pyproject.toml` says it."""

import tomllib
from pathlib import Path
from typing import Final

VERSION: Final = str(
    tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
)
"""For example `0.1.0`."""
