"""What two workers make of a map that one worker runs, too; the counterpart of speed-up.js."""

from statistics import median
from time import perf_counter

from measure import emit, note, parameter


def measure_speed_up(by_one, by_two):
    """Each runs n items; after BENCH_SECONDS no further pair of rounds begins."""
    n = parameter("N", 400)
    end = perf_counter() + parameter("SECONDS", 1.0)
    by_one(20)
    by_two(40)
    pairs = []
    while True:
        pairs.append((_time(by_one, n), _time(by_two, n)))
        if perf_counter() >= end:
            break
    one = min(one for one, _ in pairs)
    two = min(two for _, two in pairs)
    middle = median(one / two for one, two in pairs)
    note(
        f"{one / two:.2f} x as fast as one worker (median of {len(pairs)} pairs {middle:.2f}); "
        f"an item takes one {one / n * 1000:.2f} ms"
    )
    emit(n, two * 1000, growth=two / one)


def _time(body, n):
    start = perf_counter()
    body(n)
    return perf_counter() - start
