"""Where an address belongs to: what one subscriber has counts as one."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

_SITE_BITS = 64
"""One subscriber of IPv6 has a whole /64: its addresses share one budget."""
_MAX_CHARACTERS = 64


@lru_cache(maxsize=4_096)
def site_of(address: str) -> str:
    """Return the key of an address's budget: IPv4 as it is, of IPv6 the /64, of anything else its first characters."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:_MAX_CHARACTERS]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), _SITE_BITS), strict=False))
