# A job that returns what it is given, n times by gevent's pool of two threads.
import gevent
from gevent.threadpool import ThreadPool

from measure import measure, parameter

at_once = parameter("AT_ONCE", 0)
pool = ThreadPool(2)


def same(value):
    return value


def main(n):
    if at_once:
        # spawn waits while both threads are busy.
        results = [pool.spawn(same, i) for i in range(n)]
        total = sum(result.get() for result in results)
    else:
        total = sum(pool.apply(same, (i,)) for i in range(n))
    assert total == n * (n - 1) // 2


gevent.joinall([gevent.spawn(pool.apply, same, (i,)) for i in range(200)])
measure(main)
pool.kill()
