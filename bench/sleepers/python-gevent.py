# Resident bytes for each of n greenlets that are asleep.
import gevent

from memory import Memory

asleep = 0


def sleeper():
    global asleep
    asleep += 1
    gevent.sleep(3600)


memory = Memory()
greenlets = [gevent.spawn(sleeper) for _ in range(memory.n)]
while asleep < memory.n:
    gevent.sleep(0.01)
memory.finish(greenlets)
