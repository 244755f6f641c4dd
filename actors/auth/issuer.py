"""Who issues the tokens of a node."""

from config.schema import NodeConfig

PATH = "/auth/v1"


def issuer_of(config: NodeConfig) -> str | None:
    """Return the issuer, as it stands in the tokens; None when there are no users."""
    section = config.auth
    if section.mode == "off":
        return None
    if section.mode == "supabase":
        return (section.supabase.url or "").rstrip("/") + PATH
    base = section.public_url or f"http://localhost:{config.server.port}"
    return base.rstrip("/") + PATH
