from pathlib import Path

from scripts.run_tests import ALL, QUICK, files

TESTS = Path(__file__).parents[1]


def found(*layers):
    return sorted(str(file) for layer in layers for file in (TESTS / layer).glob("**/test_*.py"))


def test_every_test_is_in_one_group():
    assert sorted(file for group in ALL for file in files(group)) == found(".")


def test_the_quick_ones_are_those_of_parts():
    assert sorted(file for group in QUICK for file in files(group)) == found("unit", "bridge")
