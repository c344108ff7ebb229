# Spawn n greenlets at once, each of which suspends once, and join them all.
import gevent

from measure import measure


def child(i):
    gevent.sleep(0)
    return i


def main(n):
    greenlets = [gevent.spawn(child, i) for i in range(n)]
    gevent.joinall(greenlets)
    assert len([greenlet.value for greenlet in greenlets]) == n


measure(main)
