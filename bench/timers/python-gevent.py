# Start a timer of the hub's loop and stop it, with a turn of the loop after every 1,000 pairs.
import gevent

from measure import measure


def nothing():
    pass


def main(n):
    loop = gevent.get_hub().loop
    for i in range(1, n + 1):
        timer = loop.timer(10)
        timer.start(nothing)
        timer.close()
        if i % 1000 == 0:
            gevent.sleep(0)


measure(main)
