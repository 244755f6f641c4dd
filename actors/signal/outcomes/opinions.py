"""What a signal says, source by source: the predictions that are judged."""

from actors.messages import Signal
from actors.ports.analyses import ALL_TOGETHER, Opinion, Stance


def opinions(signal: Signal) -> list[Opinion]:
    """Return what all together and each source say; a source that cannot answer at all makes no prediction."""
    has_voted = any(source.state == "voted" and source.weight > 0.0 for source in signal.sources)
    together: Stance = "neutral" if signal.signal == "neutral" else "up" if signal.signal == "long" else "down"
    found = [
        Opinion(ALL_TOGETHER, together, signal.probability, signal.confidence)
        if has_voted and (signal.confidence > 0.0 or signal.score != 0.0)
        else Opinion(ALL_TOGETHER, "abstained")
    ]
    for source in signal.sources:
        if source.state == "disabled":
            continue
        if source.score is None or source.stale:  # what it said before is judged already
            found.append(Opinion(source.name, "abstained"))
        else:
            stance: Stance = "up" if source.score > 0.0 else "down" if source.score < 0.0 else "neutral"
            found.append(Opinion(source.name, stance, (source.score + 1.0) / 2.0, source.confidence))
    return found
