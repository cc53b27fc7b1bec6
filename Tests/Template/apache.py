"""Apache's mirror and archive behind TLS, and the instance's metadata, on this network's loopback."""

import fcntl
import hashlib
import http.server
import io
import socket
import ssl
import struct
import subprocess
import tarfile
import threading

from machine import KAFKA, script

VERSION, OTHER_VERSION = "3.9.1", "3.7.0"  # the mirror has the first one only
METADATA = "169.254.169.254"


class ApacheServers:
    """`whole`: the archives that were sent in full; `cut`: paths of which the next answer breaks off."""

    names = ["dlcdn.apache.org", "downloads.apache.org", "archive.apache.org"]

    def __init__(self, folder):
        self.user_data, self.whole, self.cut, self.wrong_checksums = "", [], set(), False
        self.files = {}
        for version in (VERSION, OTHER_VERSION):
            name, archive = f"kafka_2.13-{version}.tgz", kafka(version)
            digits = hashlib.sha512(archive).hexdigest().upper()
            words = [digits[i:i + 8] for i in range(0, 128, 8)]
            lines = " ".join(words[:8]) + "\n" + " ".join(words[8:])
            both = {name: archive, f"{name}.sha512": f"{name}: {lines}\n".encode()}
            hosts = ["archive.apache.org/dist"] + (self.names[:2] if version == VERSION else [])
            self.files |= {f"{host}/kafka/{version}/{file}": body for host in hosts for file, body in both.items()}
        self.certificate = folder / "certificate.pem"
        self._certify(folder / "key.pem")
        add_addresses()
        self._serve(("127.0.0.1", 443), Files, folder / "key.pem")
        self._serve((METADATA, 80), Metadata)

    def _certify(self, key):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=apache",
             "-addext", "subjectAltName=" + ",".join(f"DNS:{it}" for it in self.names),
             "-keyout", key, "-out", self.certificate], check=True, capture_output=True)

    def _serve(self, address, handler, key=None):
        server = http.server.ThreadingHTTPServer(address, handler)
        server.parts = self
        if key:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate, key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, status, body=b"", length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Files(Handler):
    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        parts, path = self.server.parts, self.headers["Host"] + self.path
        body = parts.files.get(path)
        if body is None:
            return self.reply(404, b"not here")
        if path.endswith(".sha512") and parts.wrong_checksums:
            body = body.replace(b"0", b"1")
        if path in parts.cut and self.command == "GET":
            parts.cut.remove(path)
            return self.reply(200, body[:100], len(body))
        if path.endswith(".tgz") and self.command == "GET":
            parts.whole.append(path)
        self.reply(200, body)


class Metadata(Handler):
    """Version 2 alone, as Amazon Linux 2023 has it: each question needs a token."""

    def do_PUT(self):
        self.reply(200, b"token") if self.path == "/latest/api/token" else self.reply(404)

    def do_GET(self):
        if self.headers["X-aws-ec2-metadata-token"] != "token":
            return self.reply(401)
        answers = {"/latest/user-data": self.server.parts.user_data, "/latest/meta-data/local-ipv4": "10.42.0.10"}
        self.reply(200, answers[self.path].encode()) if self.path in answers else self.reply(404)


def kafka(version):
    """An archive with the tools that the user data calls."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in KAFKA.items():
            body = script(text).encode()
            entry = tarfile.TarInfo(f"kafka_2.13-{version}/bin/{name}")
            entry.size, entry.mode = len(body), 0o755
            archive.addfile(entry, io.BytesIO(body))
    return file.getvalue()


def add_addresses():
    """Of loopback, which is down in a network that has just been made."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for name, address in ((b"lo", "127.0.0.1"), (b"lo:1", METADATA)):
            request = struct.pack("16sHH4s8x", name, socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(any_socket, 0x8916, request)  # SIOCSIFADDR
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", name, 0x1 | 0x40))  # SIOCSIFFLAGS: up, running
