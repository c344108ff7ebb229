"""The certificate of localhost and its key; the counterpart of certificate.js."""

import os
import ssl

from measure import parameter

# Whether this program is to speak TLS.
TLS = parameter("TLS", 0) == 1

_HERE = os.path.dirname(os.path.abspath(__file__))
CERT = os.path.join(_HERE, "../tls/cert.pem")
KEY = os.path.join(_HERE, "../tls/key.pem")


def server_context():
    """None where there is to be no TLS, as asyncio takes it."""
    if not TLS:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERT, KEY)
    return context


def client_context():
    return ssl.create_default_context(cafile=CERT) if TLS else None
