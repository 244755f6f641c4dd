"""Bearer tokens that the node sends to services, from variables of the environment."""

import os

from config.errors import ConfigError


def bearer_key(setting: str, variable: str | None) -> str | None:
    """Return the token in a variable; None when none is named.

    Args:
        setting: Who names the variable, for the message.
        variable: Its name.

    Raises:
        ConfigError: If it is empty, or could not stand in a header.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "")
    if not key or not all("!" <= letter <= "~" for letter in key):
        raise ConfigError(f"{setting}: expected printable ASCII without spaces in {variable}")
    return key
