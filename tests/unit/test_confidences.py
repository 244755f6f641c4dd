"""What is kept of predictions, and what a log of earlier ones tells."""

import json

from actors.bridge.dialects.magic8.confidences import Confidence, Confidences
from actors.bridge.dialects.magic8.recorded import TAIL_BYTES, recorded
from config.errors import UnknownInstrumentError

BTC = "BTC-USDT.SIM"


def test_a_caller_who_asks_much_pushes_out_the_own_and_then_whoever_has_most():
    kept = Confidences(per_owner=3, most=5)
    kept.keep("anna", [row(ts, 0.6) for ts in range(10)])
    kept.keep("bert", [row(ts, 0.6) for ts in range(3)])

    assert [one.ts_ms for one in kept.between("anna", 0, 99)] == [8, 9]
    assert [one.ts_ms for one in kept.between("bert", 1, 99)] == [1, 2]
    assert (len(kept), kept.is_complete("anna", 8), kept.is_complete("anna", 7)) == (5, True, False)
    assert kept.is_complete("bert", 0)
    assert kept.between("nobody", 0, 99) == []


def test_after_a_restart_the_log_is_read_from_its_end(tmp_path):
    path, line = tmp_path / "predictions.jsonl", recorded_line(symbol="BTCUSDT")
    broken = [b"{", b"\xff", b'{"symbol":1}', recorded_line(symbol="GONE"), recorded_line(win_probability=None)]
    text = b"\n".join([line, *broken, line]) + b"\n"
    path.write_bytes(text)
    assert recorded(path, find).known_from_ms == 0
    path.write_bytes(b"x" * TAIL_BYTES + b"\n" + text)
    told = recorded(path, find)
    found = told.rows

    assert [(one.instrument_id, one.strategy, one.recommendation) for one in found] == [(BTC, "Sonar", "EXECUTE")] * 2
    assert (found[0].ts_ms, told.known_from_ms) == (1_700_000_000_500, 1_700_000_000_500)
    assert recorded(tmp_path / "none", find).rows == recorded(tmp_path, find).rows == ()


def row(ts_ms, probability):
    return Confidence(ts_ms, BTC, "Sonar", probability, 0.5, "SKIP")


def recorded_line(**changed):
    known = {"timestamp": "2023-11-14T22:13:20.500+00:00", "symbol": "BTCUSDT", "strategy": "Sonar", "strikes": []}
    known |= {"win_probability": 0.8, "threshold": 0.5, "approved": True}
    return json.dumps(known | changed).encode()


def find(symbol):
    if symbol != "BTCUSDT":
        raise UnknownInstrumentError(symbol)
    return BTC
