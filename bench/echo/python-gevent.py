# A TCP echo server on gevent's StreamServer; with BENCH_TLS=1 over TLS. Prints its port; ends by itself
# after BENCH_LIFETIME seconds.
import signal
import socket

from gevent.server import StreamServer

from certificate import CERT, KEY, TLS
from measure import parameter


def echo(connection, _address):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := connection.recv(65536):
        connection.sendall(data)


signal.alarm(parameter("LIFETIME", 60))
tls = {"certfile": CERT, "keyfile": KEY} if TLS else {}
server = StreamServer(("127.0.0.1", 0), echo, **tls)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
