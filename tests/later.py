"""Timers that ring when the test says so."""

import heapq
import itertools


class Alarm:
    """One timer."""

    def __init__(self, callback):
        self.callback = callback

    def cancel(self):
        self.callback = None


class FakeLater:
    """A clock that stands still but for `advance`; calling it sets a timer."""

    def __init__(self):
        self.now = 1_000.0
        self._alarms = []
        self._numbers = itertools.count()

    def __call__(self, delay_s, callback):
        alarm = Alarm(callback)
        heapq.heappush(self._alarms, (self.now + delay_s, next(self._numbers), alarm))
        return alarm

    def monotonic(self):
        return self.now

    def pending(self):
        """Seconds until each timer that has not been taken back."""
        return sorted(at - self.now for at, _, alarm in self._alarms if alarm.callback)

    def advance(self, seconds):
        """Let time pass, with everything that rings in it."""
        end = self.now + seconds
        while self._alarms and self._alarms[0][0] <= end:
            self.now, _, alarm = heapq.heappop(self._alarms)
            if alarm.callback is not None:
                callback, alarm.callback = alarm.callback, None
                callback()
        self.now = end
