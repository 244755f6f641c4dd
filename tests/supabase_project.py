"""The double of a Supabase project on a thread of its own, beside tests that wait for processes."""

import asyncio
import threading

from tests.supabase_double import SupabaseDouble


class Project:
    """`with` runs the double; `run` does something on its loop and waits."""

    def __init__(self):
        self.double = SupabaseDouble()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.run(self.double.__aenter__())
        return self

    def __exit__(self, *_):
        self.run(self.double.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def go_away(self):
        """Refuse connections."""
        self.run(self.double.stop())

    def come_back(self):
        """Listen at the same port again."""
        self.run(self.double.start())
