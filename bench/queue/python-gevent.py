# One greenlet puts n items into a queue, another gets them. BENCH_MAXSIZE is the room in the queue.
import gevent
from gevent.queue import Queue

from measure import measure, parameter

maxsize = parameter("MAXSIZE", 1)


def consume(queue, count):
    total = 0
    for _ in range(count):
        total += queue.get()
    return total


def main(n):
    queue = Queue(maxsize)
    consumer = gevent.spawn(consume, queue, n)
    for i in range(n):
        queue.put(i)
    assert consumer.get() == n * (n - 1) // 2


measure(main)
