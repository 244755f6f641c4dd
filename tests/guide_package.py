"""The packages that the guides show, as `pip install` would leave them in a folder."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[1] / "docs" / "adding_an_indicator.md"


def install(folder: Path, guide: Path = GUIDE) -> Path:
    """Put the module of a guide and its entry point into `folder`, which must be on the path; return it."""
    text = guide.read_text()
    (module,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (group, name, target) = re.search(r'\[project\.entry-points\."(.+?)"\]\n(\w+) = "(.+?)"', text).groups()
    path = folder.joinpath(*target.partition(":")[0].split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True)
    (path.parent / "__init__.py").touch()
    path.write_text(module)
    info = folder / "my_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    return folder
