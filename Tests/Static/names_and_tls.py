"""A name server, proxies, and a local AWS behind TLS."""

import pathlib
import socket
import struct
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python"))
from authority import Authority  # noqa: E402
from connections import accept_each, accept_each_securely, connect  # noqa: E402
from moto_server import Moto, ingestion  # noqa: E402


def certificates(folder, names):
    """A CA's certificate as text, and the files of one from it for `names` and of its key."""
    authority = Authority(folder, folder.name)
    return authority.certificate.read_text(), authority.signed("server", names)


def serve_names(addresses):
    """A name server on 127.0.0.1:53. Gives the set of the known names that it was asked for."""
    asked = set()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def answer():
        while True:
            query, client = server.recvfrom(2048)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name, kind = ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]
            known = addresses.get(name)
            if known:
                asked.add(name)
            record = b""
            if known and kind == 1:  # A; there is no AAAA
                record = b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4" + socket.inet_aton(known)
            flags = b"\x81\x80" if known else b"\x81\x83"  # an answer, or NXDOMAIN
            counts = struct.pack(">4H", 1, 1 if record else 0, 0, 0)
            server.sendto(query[:2] + flags + counts + query[12:at + 5] + record, client)

    threading.Thread(target=answer, daemon=True).start()
    return asked


def local_aws():
    """S3 with the bucket `ingestion` and Glue with the crawler `crawler`; clients of both."""
    moto = Moto()
    s3, glue = moto.client("s3"), moto.client("glue")
    ingestion(s3, glue, "ingestion", "crawler")
    return s3, glue


def serve_tls(files, url):
    """Hands each connection's bytes on to `url`. Gives the port and the list of the connections so far."""
    secured = []

    def serve(secure):
        secured.append(secure)
        connect(secure, urllib.parse.urlsplit(url).port)

    return accept_each_securely(serve, *files), secured


def serve_tunnels(files):
    """A proxy that is spoken to over TLS. Gives its port and the list of what it was asked to connect to."""
    asked = []

    def serve(secure):
        asked.append(secure.recv(65536).decode().split()[1])
        secure.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        connect(secure, int(asked[-1].rsplit(":", 1)[1]))

    return accept_each_securely(serve, *files), asked


def serve_refusals():
    """A proxy that opens no tunnel. Gives its port and the list of the first lines that it got."""
    lines = []

    def refuse(connection):
        with connection:
            lines.append(connection.recv(65536).decode().splitlines()[0])
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    return accept_each(refuse), lines
