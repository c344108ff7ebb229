"""Times one work inside one Python process; the counterpart of measure.js, with the same rules."""

import asyncio
import gc
import json
import os
import sys
from time import perf_counter


def parameter(name, by_default):
    """A number that the harness passes in the environment as BENCH_<NAME>."""
    text = os.environ.get(f"BENCH_{name}")
    return type(by_default)(text) if text else by_default


def emit(n, ms, **extra):
    """Prints the line that the harness reads. `ms` is what `n` operations took."""
    here = os.path.abspath(sys.argv[0])
    contestant = os.path.basename(here).removeprefix("python-").removesuffix(".py")
    if uses_uvloop():
        contestant = "uvloop"
    work = os.environ.get("BENCH_WORK") or os.path.basename(os.path.dirname(here))
    if _notes:
        extra["note"] = "; ".join(_notes)
    line = {"work": work, "contestant": contestant, "n": n, "ms": ms, "extra": extra}
    print(json.dumps(line), flush=True)


def note(text):
    """What is to be printed beside this program's results."""
    _notes.append(text)


_notes = []


def uses_uvloop():
    return "--uvloop" in sys.argv


def run_asyncio(main):
    """asyncio.run on CPython's own loop, or on uvloop's when the program was given --uvloop."""
    if not uses_uvloop():
        return asyncio.run(main)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def best_of(body, fixed, seconds):
    """Runs body(n) over and over; the best round as (n, ms). A body that returns a number has
    timed itself, in seconds."""
    if fixed:
        n = fixed
        warm = perf_counter() + seconds / 2
        _round(body, max(1, n // 10))
        while perf_counter() < warm:
            _round(body, max(1, n // 10))
    else:
        n = _calibrate(body, seconds / 10)
    end = perf_counter() + seconds
    best = float("inf")
    while True:
        best = min(best, _round(body, n))
        if perf_counter() >= end:
            return n, best * 1000


def measure(body):
    """Measures a plain function body(n) as the environment says and prints the result."""
    seconds = parameter("SECONDS", 1.0)
    sizes = os.environ.get("BENCH_SIZES")
    if sizes:
        _measure_sizes(body, [int(size) for size in sizes.split(",")], seconds)
    else:
        emit(*best_of(body, parameter("N", 0), seconds))


def measure_asyncio(body):
    """The same for a coroutine function body(n); every round has a loop of its own."""
    measure(lambda n: run_asyncio(body(n)))


def _measure_sizes(body, sizes, seconds):
    """Nanoseconds for one operation at each size; small sizes are repeated up to the same total."""
    ns = {}
    for size in sizes:
        times = max(1, round(100_000 / size))

        def repeated(_):
            for _ in range(times):
                body(size)

        n, ms = best_of(repeated, size * times, seconds / len(sizes))
        ns[size] = round(ms * 1e6 / n)
    emit(n, ms, ns=ns, growth=ns[sizes[-1]] / ns[sizes[0]])


def _round(body, n):
    gc.collect()
    start = perf_counter()
    own = body(n)
    return own if isinstance(own, float) else perf_counter() - start


def _calibrate(body, target):
    n = parameter("ATLEAST", 1000)
    settled = 0
    while settled < 3:
        took = _round(body, n)
        if took >= target / 2:
            settled += 1
        else:
            n = int(n * min(10, max(2, target / max(took, 1e-5))))
    return n
