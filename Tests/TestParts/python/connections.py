"""Servers on free ports of 127.0.0.1, with a thread for each connection."""

import socket
import ssl
import threading


def accept_each(serve):
    """Gives the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def accept_each_securely(serve, chain, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)

    def secure(connection):
        try:
            secured = context.wrap_socket(connection, server_side=True)
        except OSError:
            return  # the client hung up on the certificate
        serve(secured)

    return accept_each(secure)


def connect(connection, port):
    """Hands the bytes of `connection` on to 127.0.0.1:`port`, and back."""
    behind = socket.create_connection(("127.0.0.1", port))
    threading.Thread(target=copy, args=(behind, connection), daemon=True).start()
    copy(connection, behind)


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
