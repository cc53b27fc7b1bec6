"""An HTTPS endpoint with a certificate that it signed itself, in front of an HTTP one.

    python tls_endpoint.py PORT DIRECTORY

writes DIRECTORY/certificate.pem (for `localhost` and 127.0.0.1), prints `port N`, its own, and hands every
connection's bytes on to 127.0.0.1:PORT until its parent ends.
"""

import os
import socket
import ssl
import subprocess
import sys
import threading
import time


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(connection):
    try:
        secure = context.wrap_socket(connection, server_side=True)
    except OSError:
        return  # the client hung up on the certificate
    behind = socket.create_connection(("127.0.0.1", target))
    threading.Thread(target=copy, args=(behind, secure), daemon=True).start()
    copy(secure, behind)


target, directory = int(sys.argv[1]), sys.argv[2]
certificate, key = (os.path.join(directory, name) for name in ("certificate.pem", "key.pem"))
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
     "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
    check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listener = socket.create_server(("127.0.0.1", 0))


def accept():
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print("port", listener.getsockname()[1], flush=True)
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.2)
