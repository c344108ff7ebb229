# `gevent.sleep(0)`: give every other ready greenlet its turn. One, or BENCH_TASKS of them.
import gevent

from measure import measure, parameter

tasks = parameter("TASKS", 1)


def switches(count):
    for _ in range(count):
        gevent.sleep(0)


def main(n):
    share = n // tasks
    gevent.joinall([gevent.spawn(switches, share) for _ in range(tasks)])


measure(main)
