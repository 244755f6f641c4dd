"""The paths of GoTrue's clients; they live with their dialect."""

from actors.bridge.dialects.gotrue import admin, factors, settings, signing_in, user

__all__ = ["admin", "factors", "settings", "signing_in", "user"]
