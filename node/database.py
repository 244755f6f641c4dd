"""The journal from the command line: backups, bringing one back, a check."""

from pathlib import Path

from actors.store.backup import back_up, restore
from actors.store.check import contents, problems
from actors.store.migration import check_version
from actors.store.opening import FILE_NAME, open_reader
from config.errors import ConfigError
from config.schema import NodeConfig
from node.state import StateFolder


def database_command(action: str, config: NodeConfig, file: Path | None) -> int:
    """Do `backup`, `restore` or `check`; return the exit code: 1 if a check found something.

    Raises:
        ConfigError: If a file is missing, there already, or cannot be used; or a node runs and may not.
    """
    state_dir = Path(config.node.state_dir)
    journal = state_dir / FILE_NAME
    if action == "check":
        return _check(file or journal)
    if file is None:
        raise ConfigError(f"db {action}: expected a FILE")
    if action == "backup":
        back_up(journal, file)
        print(f"{file}: written")  # noqa: T201
        return 0
    with StateFolder(state_dir):
        kept, found = restore(journal, file)
    for problem in found:
        print(f"{file}: {problem}")  # noqa: T201
    print(f"{journal}: restored from {file}" + (f"; the old file is {kept}" if kept else ""))  # noqa: T201
    return 0


def _check(path: Path) -> int:
    connection = open_reader(path)
    try:
        check_version(connection, path)
        found = problems(connection)
        for problem in found:
            print(f"{path}: {problem}")  # noqa: T201
        if not found:
            print(f"{path}: good: {contents(connection)}")  # noqa: T201
    finally:
        connection.close()
    return 1 if found else 0
