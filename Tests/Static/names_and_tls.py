"""A name server, a certificate authority, and a local AWS behind TLS."""

import logging
import os
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse

# moto would take the first label of the endpoint's name for a bucket.
os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402


class Authority:
    """A CA, and a certificate from it for `names`."""

    def __init__(self, folder, names):
        folder.mkdir()
        self.chain, self.key = folder / "server.pem", folder / "server.key"

        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
                "-subj", f"/CN=Test CA {folder.name}")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key",
                "-out", "server.csr", "-subj", "/CN=test")
        (folder / "names").write_text("subjectAltName=" + ",".join("DNS:" + name for name in names))
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", "server.pem")
        self.certificate = (folder / "ca.pem").read_text()


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
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    s3, glue = (boto3.client(service, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret",
                             endpoint_url=f"http://127.0.0.1:{server.get_host_and_port()[1]}") for service in ("s3", "glue"))
    s3.create_bucket(Bucket="ingestion")
    glue.create_crawler(Name="crawler", Role="arn:aws:iam::123456789012:role/crawler", DatabaseName="db",
                        Targets={"S3Targets": [{"Path": "s3://ingestion/topics/"}]})
    return s3, glue


def serve_tls(authority, url):
    """Hands each connection's bytes on to `url`. Gives the port and the list of the connections so far."""
    secured = []

    def serve(secure):
        secured.append(secure)
        behind = socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(url).port))
        threading.Thread(target=copy, args=(behind, secure), daemon=True).start()
        copy(secure, behind)

    return accept_each_securely(serve, authority), secured


def serve_tunnels(authority):
    """A proxy that is spoken to over TLS. Gives its port and the list of what it was asked to connect to."""
    asked = []

    def serve(secure):
        asked.append(secure.recv(65536).decode().split()[1])
        behind = socket.create_connection(("127.0.0.1", int(asked[-1].rsplit(":", 1)[1])))
        secure.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=copy, args=(behind, secure), daemon=True).start()
        copy(secure, behind)

    return accept_each_securely(serve, authority), asked


def serve_refusals():
    """A proxy that opens no tunnel. Gives its port and the list of the first lines that it got."""
    lines = []

    def refuse(connection):
        with connection:
            lines.append(connection.recv(65536).decode().splitlines()[0])
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    return accept_each(refuse), lines


def accept_each_securely(serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain, authority.key)

    def secure(connection):
        try:
            secured = context.wrap_socket(connection, server_side=True)
        except OSError:
            return  # the client hung up on the certificate
        serve(secured)

    return accept_each(secure)


def accept_each(serve):
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


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
