"""Resident bytes in a fresh process; the counterpart of memory.js. Reads /proc, so Linux only."""

import gc
import os
import resource
from time import perf_counter

from measure import emit, parameter


class Memory:
    def __init__(self):
        self.n = parameter("N", 1_000_000)
        self.before = _resident()
        self.start = perf_counter()

    def finish(self, things):
        """Prints the result and ends the process: nobody waits for the things."""
        ms = (perf_counter() - self.start) * 1000
        assert len(things) == self.n
        emit(self.n, ms, bytes=(_resident() - self.before) / self.n)
        os._exit(0)


def _resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def raise_descriptor_limit():
    """To what the system allows, as Node.js and Go do by themselves."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
