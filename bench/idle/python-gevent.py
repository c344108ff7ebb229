# The same on gevent's StreamServer. Prints its port; ends by itself after BENCH_LIFETIME seconds.
import gc
import signal

from gevent.server import StreamServer

from measure import parameter
from memory import raise_descriptor_limit


def answer(connection, _address):
    while data := connection.recv(1):
        if data == b"g":
            gc.collect()
        connection.sendall(data)


raise_descriptor_limit()
signal.alarm(parameter("LIFETIME", 60))
server = StreamServer(("127.0.0.1", 0), answer)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
