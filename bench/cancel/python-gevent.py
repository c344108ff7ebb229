# Kill n sleeping greenlets and wait until all have ended. Only that is timed.
from time import perf_counter

import gevent

from measure import measure

asleep = 0


def sleeper():
    global asleep
    asleep += 1
    gevent.sleep(3600)


def main(n):
    global asleep
    asleep = 0
    greenlets = [gevent.spawn(sleeper) for _ in range(n)]
    while asleep < n:
        gevent.sleep(0.01)
    start = perf_counter()
    for greenlet in greenlets:
        greenlet.kill(block=False)
    gevent.joinall(greenlets)
    took = perf_counter() - start
    assert all(greenlet.dead for greenlet in greenlets)
    return took


measure(main)
