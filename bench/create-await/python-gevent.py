# Spawn a greenlet that suspends once and join it; then the next.
import gevent

from measure import measure


def child():
    gevent.sleep(0)


def main(n):
    for _ in range(n):
        gevent.spawn(child).join()


measure(main)
