"""What was sent and has not come through yet is known, with one mark on its way at a time."""

from nautilus_trader.model import QuoteTick, Venue

from adapters.echo import Echo


class Queue:
    """An engine that handles what it was sent when it is told to."""

    def __init__(self):
        self.waiting, self.newest = [], None

    def handle(self, count):
        for item in self.waiting[:count]:
            if isinstance(item, QuoteTick):
                self.newest = item
        del self.waiting[:count]

    def quote(self, instrument_id, index=0):
        return self.newest


def test_everything_waits_until_the_engine_has_handled_it():
    queue = Queue()
    echo = Echo(queue.waiting.append, queue, Venue("SIM"))
    assert echo.backlog() == 0
    for number in range(100):
        echo.send(number)
    assert echo.backlog() == 100
    queue.handle(100)
    assert echo.backlog() == 100
    queue.handle(1)
    assert echo.backlog() == 0
    assert queue.waiting == []


def test_one_mark_is_on_its_way_at_a_time():
    queue = Queue()
    echo = Echo(queue.waiting.append, queue, Venue("SIM"))
    for number in range(10):
        echo.send(number)
        echo.backlog()
    assert sum(isinstance(item, QuoteTick) for item in queue.waiting) == 1
    queue.handle(2)
    assert echo.backlog() == 9
    queue.handle(100)
    assert echo.backlog() == 0
