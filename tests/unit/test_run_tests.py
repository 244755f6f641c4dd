import subprocess
from pathlib import Path

import pytest

from scripts.run_tests import ALL, PYTEST, QUICK, ROOT, files, selection

TESTS = Path(__file__).parents[1]


def found(*layers):
    return sorted(str(file) for layer in layers for file in (TESTS / layer).glob("**/test_*.py"))


def test_every_test_is_in_one_group():
    assert sorted(file for group in ALL for file in files(group)) == found(".")


def test_the_quick_ones_are_those_of_parts():
    assert sorted(file for group in QUICK for file in files(group)) == found("unit", "bridge")


@pytest.mark.slow
@pytest.mark.parametrize("group", [QUICK[0], ALL[1]])
def test_pytest_runs_just_the_files_of_a_group(group):
    command = [*PYTEST, "-p", "no:cacheprovider", "--collect-only", "-qq", *selection(group)]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    collected = {str(ROOT / line.partition(":")[0]) for line in lines if line.startswith("tests/")}
    assert collected == set(files(group))
