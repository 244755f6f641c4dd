"""Models from the command line: what there is, what is used, and back."""

import json

import pytest

import run_node
from actors.signal.models.registry import ModelRegistry
from tests.unit.model_files import made_meta, stump
from tests.unit.walks import NAME

pytestmark = pytest.mark.usefixtures("logs_as_before")


@pytest.fixture
def models(tmp_path):
    registry = ModelRegistry(tmp_path / "models")
    scores = {"out_of_sample": {"log_loss": 0.69123, "auc": 0.53, "accuracy": None}}
    for number, model_id in enumerate(("a", "b", "c")):
        known = {"created_ms": number * 60_000, "is_promotable": model_id != "c", "reason": f"reason of {model_id}"}
        registry.save(made_meta(model_id, scores=scores, **known), {"model.json": stump(0.1, 0.2)})
    return registry


@pytest.fixture
def run(models, tmp_path, capsys):
    def call(*arguments):
        capsys.readouterr()
        code = run_node.main(["models", *arguments, "--set", f"node.state_dir={tmp_path}"])
        out, err = capsys.readouterr()
        return code, [*out.splitlines(), *err.splitlines()]

    return call


def test_all_models_are_told_with_their_figures(run, models):
    models.promote("a")
    code, lines = run("list")

    assert code == 0
    assert [line.split()[0] for line in lines] == ["c", "b", "a"]
    assert "log_loss 0.6912, auc 0.5300" in lines[0]
    assert "reason of c" in lines[0]
    assert ["promoted" in line for line in lines] == [False, False, True]
    _, lines = run("list", "--json")
    assert [json.loads(line)["id"] for line in lines] == ["c", "b", "a"]


def test_a_model_is_promoted_and_taken_back(run, models):
    assert run("promote", "a") == (0, [f"a is promoted for {NAME} at 1m"])
    assert run("promote", "b")[0] == 0
    assert models.current(NAME, "1m", "gbt").id == "b"
    assert run("rollback", NAME) == (0, [f"a is promoted again for {NAME} at 1m"])
    assert models.current(NAME, "1m", "gbt").id == "a"
    _, lines = run("history", NAME)
    assert [line.split()[2:] for line in lines] == [["promote", "a"], ["promote", "b"], ["rollback", "a"]]


def test_one_that_is_not_better_must_be_forced(run, models):
    code, (line,) = run("promote", "c")

    assert (code, line) == (2, "whisperer: c is not to be promoted: reason of c")
    assert run("promote", "c", "--force")[0] == 0
    assert models.current(NAME, "1m", "gbt").id == "c"


def test_what_is_not_needed_is_deleted(run, models):
    models.promote("a")

    assert run("cleanup", "--set", "models.keep=1") == (0, ["deleted b"])
    assert run("cleanup", "--set", "models.keep=1") == (0, ["nothing to delete"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["promote", "z"], "no model 'z'"),
        (["promote", "../../etc"], "no model"),
        (["rollback", NAME], "no earlier gbt model"),
        (["rollback", "../.."], "not allowed"),
        (["history", NAME, "--kind", ".."], "not allowed"),
        (["list", "--set", "models.key_env=NO_SUCH_KEY"], "expected NO_SUCH_KEY in the environment"),
    ],
)
def test_a_mistake_is_one_line(run, arguments, said):
    code, (line,) = run(*arguments)

    assert code == 2
    assert said in line


def test_nothing_there_is_said(run, tmp_path):
    assert run("list", "--set", f"models.folder={tmp_path / 'none'}") == (0, [f"no models in {tmp_path / 'none'}"])
    assert run("history", "ETH-USDT.SIM") == (0, ["nothing was ever promoted"])
