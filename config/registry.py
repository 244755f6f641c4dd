"""Plug-ins by name: the modules of one package of ours and the entry points of other people's."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import cast

import structlog

from config.errors import UnknownPluginError

log = structlog.get_logger(__name__)


class Registry[T]:
    """Name -> class of one kind of plug-in.

    The built-in modules are imported on first use, so that asking for names costs nothing at import. A module
    of a third party that cannot be imported is listed in `broken` and skipped.
    """

    def __init__(self, kind: str, package: str, group: str | None = None) -> None:
        """Prepare a registry.

        Args:
            kind: What one entry is, in words for messages, for example `predictor`.
            package: Dotted package whose modules register themselves when imported.
            group: Entry-point group of third parties, for example `whisperer.predictors`.
        """
        self.kind = kind
        self.broken: dict[str, str] = {}
        """Entry point name -> why it could not be loaded; shown by `/health`."""
        self._package = package
        self._group = group
        self._classes: dict[str, type[T]] = {}
        self._is_loaded = False

    def register[C](self, name: str) -> Callable[[type[C]], type[C]]:
        """Return the decorator that files a class under `name`.

        Raises:
            ValueError: If the name is taken.
        """

        def add(cls: type[C]) -> type[C]:
            if self._classes.setdefault(name, cast("type[T]", cls)) is not cls:
                raise ValueError(f"two {self.kind}s are named {name!r}")
            return cls

        return add

    def get(self, name: str) -> type[T]:
        """Return the class registered as `name`.

        Raises:
            UnknownPluginError: If there is none; the message lists the known names.
        """
        self._load()
        if name not in self._classes:
            reason = f" ({self.broken[name]})" if name in self.broken else ""
            raise UnknownPluginError(f"unknown {self.kind} {name!r}{reason}, known: {', '.join(self) or 'none'}")
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._classes))

    def __len__(self) -> int:
        self._load()
        return len(self._classes)

    def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        for point in entry_points(group=self._group) if self._group else ():
            try:
                self._classes.setdefault(point.name, point.load())
            except Exception as e:  # plug-in loading: somebody else's code must not stop the node
                self.broken[point.name] = f"{type(e).__name__}: {e}"
                log.exception("plugin_not_loaded", kind=self.kind, plugin=point.name)
