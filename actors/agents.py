"""Which browser and system a user agent names, for people who look at their sessions; nothing is decided by it."""

from collections.abc import Sequence

_BROWSERS: Sequence[tuple[str, str]] = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-httpx/", "Python"),
    ("Python/", "Python"),
    ("node", "Node.js"),
    ("curl/", "curl"),
)
"""Mark -> name; the first that is found counts: most browsers also carry the marks of others."""
_SYSTEMS: Sequence[tuple[str, str]] = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_PHONES = ("Android", "iOS")


def browser_of(user_agent: str) -> str:
    """Return the name of the browser or program; empty when it is none that is known."""
    return _first(user_agent, _BROWSERS)


def system_of(user_agent: str) -> str:
    """Return the name of the operating system; empty when it is none that is known."""
    return _first(user_agent, _SYSTEMS)


def device_of(user_agent: str) -> str:
    """Return `Mobile` or `Desktop`; empty when the system is not known."""
    system = system_of(user_agent)
    if not system:
        return ""
    return "Mobile" if system in _PHONES else "Desktop"


def _first(user_agent: str, marks: Sequence[tuple[str, str]]) -> str:
    return next((name for mark, name in marks if mark in user_agent), "")
