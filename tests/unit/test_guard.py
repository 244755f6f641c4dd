import pytest

from actors.guard import Faults, guarded


class Part:
    """A component with callbacks of every shape."""

    def __init__(self):
        self.retired = []
        self.faults = Faults("part", retire=self.retired.append)
        self.heard = []

    @guarded
    def on_start(self):
        self.heard.append("start")
        raise ValueError("no start")

    @guarded
    def on_one(self, message):
        self.heard.append(message)
        if message == "bad":
            raise KeyError(message)

    @guarded
    def on_two(self, a, b=2):
        self.heard.append((a, b))
        raise OSError(a)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda part: part.on_start(), "ValueError: no start"),
        (lambda part: part.on_one("bad"), "KeyError: 'bad'"),
        (lambda part: part.on_two(1, b=3), "OSError: 1"),
    ],
)
def test_an_exception_is_recorded_and_goes_no_further(call, error):
    part = Part()
    call(part)

    assert [fault.error for fault in part.faults.found] == [error]
    assert part.faults.found[0].component == "part"
    assert part.retired == part.faults.found


def test_arguments_arrive_as_they_were_given():
    part = Part()
    part.on_one("x")
    part.on_two(1, b=3)

    assert part.heard == ["x", (1, 3)]


def test_after_the_first_fault_nothing_runs_any_more():
    part = Part()
    for message in ("a", "bad", "b"):
        part.on_one(message)
    part.on_two(1)
    part.on_start()

    assert part.heard == ["a", "bad"]
    assert len(part.retired) == 1


def test_a_guarded_method_keeps_its_name():
    assert Part.on_one.__name__ == "on_one"
    assert Part.on_one.is_guarded
