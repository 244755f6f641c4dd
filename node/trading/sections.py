"""Sections of strategies as the journal keeps them."""

import msgspec

from config.trading import StrategyConfigSection

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StrategyConfigSection)


def encoded_section(section: StrategyConfigSection) -> bytes:
    """Return a section as JSON."""
    return _encoder.encode(section)


def decoded_section(data: bytes) -> StrategyConfigSection:
    """Return a section that was journalled.

    Raises:
        msgspec.ValidationError: If another version wrote it.
    """
    return _decoder.decode(data)
