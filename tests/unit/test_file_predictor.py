"""Scores of another program: the newest that was known at the bar, none that is old, none of a file that is wrong."""

import asyncio
import json
import os

import pytest
import structlog

from actors.market import interval_of
from actors.messages import Prediction
from actors.signal.predictor import MarketView, PredictorContext, build_predictor
from actors.signal.predictors.file import REFUSED
from actors.signal.scores.table import MOST_ROWS, read_scores
from config.errors import ConfigError
from config.signal_errors import ModelError
from config.signals import PredictorConfig
from tests.unit.walks import NAME

MS, MINUTE = 1_000_000, 60_000
T = 1_700_000_000_000
"""Close of the bar, UNIX milliseconds."""


def opened(folder, background=None, **params):
    config = PredictorConfig(name="file", params={"folder": str(folder), **params})
    return build_predictor(config, PredictorContext(instrument_id=NAME, interval="1m", background=background))


def said(predictor, ts_ms=T):
    view = MarketView(NAME, "1m")
    view.ts_event, view.seen = ts_ms * MS, 1_000
    return predictor.predict(view)


def write(folder, content, kind="json"):
    made = folder / f".{NAME}.{kind}"
    made.write_text(content if isinstance(content, str) else json.dumps(content))
    made.replace(folder / f"{NAME}.{kind}")


class Beside:
    """A background of its own: what was started, as tasks."""

    def __init__(self):
        self.tasks = []

    def start(self, name, work):
        self.tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    def wall_s(self):
        return T / 1_000

    def service(self, name):
        return None


def test_it_says_what_the_file_says(tmp_path):
    write(tmp_path, {"ts": T - 5_000, "score": -0.4, "confidence": 0.9})
    predictor = opened(tmp_path)

    assert predictor.is_able()
    assert said(predictor) == Prediction(
        "file",
        -0.4,
        0.9,
        ("another program's score, 5 s old",),
        ts_known=(T - 5_000) * MS,
        model=f"{NAME}.json@2023-11-14T22:13:15.000Z",
    )


@pytest.mark.parametrize(
    ("scale", "score", "expected"),
    [
        ("score", 0.25, 0.25),
        ("probability", 0.25, -0.5),
        ("percent", 73, 0.46),
        ("percent", 0, -1.0),
        ("percent", 100, 1),
    ],
)
def test_scales(tmp_path, scale, score, expected):
    write(tmp_path, {"ts": T, "score": score})
    found = said(opened(tmp_path, scale=scale))

    assert found.score == pytest.approx(expected)
    assert found.confidence == pytest.approx(abs(expected))


def test_the_newest_that_was_known_at_the_bar_counts(tmp_path):
    write(tmp_path, [{"ts": T + i * MINUTE, "score": i / 10} for i in range(5)])
    predictor = opened(tmp_path)

    assert said(predictor, T - 1) is None
    assert "known yet" in predictor.why
    assert [said(predictor, T + i * MINUTE).score for i in range(5)] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert said(predictor, T + 2 * MINUTE - 1).score == pytest.approx(0.1)


def test_an_old_score_is_refused_and_says_so(tmp_path):
    write(tmp_path, {"ts": T, "score": 0.5})
    predictor = opened(tmp_path)

    assert said(predictor, T + 300_000) is not None
    assert said(predictor, T + 300_001) is None
    assert predictor.why == "the newest score is older than 300 s"
    assert said(opened(tmp_path, max_age_s=60), T + 60_001) is None


def test_csv_with_times_in_words(tmp_path):
    write(tmp_path, "ts,score,confidence\n2023-11-14T22:13:20Z,73,\n1700000060000,50,0.2\n", "csv")
    predictor = opened(tmp_path, scale="percent")

    assert said(predictor, T).score == pytest.approx(0.46)
    assert said(predictor, T + MINUTE).confidence == 0.2


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", "json", "truncated"),
        ("[" * 100_000, "json", "scores"),
        ('{"ts": 1, "score": NaN}', "json", "invalid"),
        ('{"ts": 1, "score": 1e400}', "json", "out of range"),
        ('{"ts": 1, "score": "high"}', "json", "score"),
        ('{"ts": 1, "score": 1.01}', "json", "score must be -1..1"),
        ('{"ts": 1, "score": 0.1, "confidence": 7}', "json", "confidence must be 0..1"),
        ('{"ts": 1, "score": 0.1, "password": 7}', "json", "unknown field"),
        ('{"ts": -1, "score": 0.1}', "json", "ts must be UNIX milliseconds"),
        ('{"ts": 1e30, "score": 0.1}', "json", "ts"),
        ('{"ts": 100000000000000000000, "score": 0.1}', "json", "ts"),
        ('{"ts": "yesterday", "score": 0.1}', "json", "ISO 8601"),
        ('{"ts": "2023-11-14T22:13:20", "score": 0.1}', "json", "offset"),
        ('[{"ts": 2, "score": 0.1}, {"ts": 2, "score": 0.1}]', "json", "row 2: times must grow"),
        ("ts,score\n1,nan\n", "csv", "score must be"),
        ("ts,score\n1,inf\n", "csv", "score must be"),
        ("ts,score\n1\n", "csv", "scores"),
        ("ts,score\n1,0.1,7,8\n", "csv", "scores"),
        ("when,score\n1,0.1\n", "csv", "scores"),
        ('ts,score\n"1,0.1\n', "csv", "scores"),
        ("ts,score\n" + "9" * 5_000 + ",0.1\n", "csv", "scores"),
    ],
)
def test_a_wrong_file_is_refused_as_a_whole(text, kind, message):
    with pytest.raises(ModelError, match=f"(?i)scores: .*{message}|{message}"):
        read_scores(text.encode(), kind, "score")


def test_bytes_that_are_no_text_are_refused():
    for kind in ("json", "csv"):
        with pytest.raises(ModelError):
            read_scores(b"\xff\xfe\x00ts,score", kind, "score")


def test_too_many_rows_are_refused():
    with pytest.raises(ModelError, match="rows"):
        read_scores(b"ts,score\n" + b"1,0\n" * (MOST_ROWS + 1), "csv", "score")


def test_without_folder_or_file_it_has_no_weight(tmp_path):
    alone, absent = build_predictor(PredictorConfig(name="file")), opened(tmp_path)

    assert not alone.is_able()
    assert "no folder" in alone.why
    assert not absent.is_able()
    assert NAME in absent.why
    assert said(absent) is None


@pytest.mark.parametrize("params", [{"scale": "stars"}, {"max_age_s": 0}, {"poll_s": 0}, {"path": "/etc/passwd"}])
def test_wrong_parameters_are_told(params):
    with pytest.raises(ConfigError, match=r"predictors\.file\.params"):
        build_predictor(PredictorConfig(name="file", params=params))


def test_links_and_what_is_no_file_are_not_read(tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"ts": T, "score": 0.5}))
    for number, make in enumerate((lambda path: path.symlink_to(outside), os.mkfifo)):
        folder = tmp_path / str(number)
        folder.mkdir()
        make(folder / f"{NAME}.json")
        before = REFUSED._value.get()

        assert not opened(folder).is_able()
        assert REFUSED._value.get() == before + 1


async def test_a_running_node_reads_beside_the_bars(tmp_path):
    beside = Beside()
    predictor = opened(tmp_path, beside, poll_s=0.05)
    assert not predictor.is_able(), "nothing is read before it had its turn"

    async def until(is_so):
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110  # a thread of its own has no event
                await asyncio.sleep(0.01)

    write(tmp_path, {"ts": T, "score": 0.5})
    await until(lambda: said(predictor) is not None)
    with structlog.testing.capture_logs() as logs:
        before = REFUSED._value.get()
        write(tmp_path, '{"ts": ')
        await until(lambda: REFUSED._value.get() == before + 1)
        assert said(predictor).score == 0.5, "what was there stays"
        write(tmp_path, {"ts": T + 1, "score": -0.5})
        await until(lambda: said(predictor, T + 1).score == -0.5)
    assert [line["event"] for line in logs] == ["scores_refused"], "said once for each change"

    predictor.close()
    await asyncio.wait_for(beside.tasks[0], 30)


def test_a_backtest_reads_once(tmp_path):
    write(tmp_path, {"ts": T, "score": 0.5})
    predictor = opened(tmp_path)
    write(tmp_path, {"ts": T, "score": -0.5})

    assert said(predictor).score == 0.5


def test_an_interval_does_not_matter(tmp_path):
    write(tmp_path, {"ts": T, "score": 0.5})
    context = PredictorContext(instrument_id=NAME, interval=interval_of("1h").name)

    assert said(build_predictor(PredictorConfig(name="file", params={"folder": str(tmp_path)}), context)).score == 0.5
