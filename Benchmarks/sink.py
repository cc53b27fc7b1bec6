"""The least that passes for S3: takes every PUT, has nothing in any listing, and counts. In a process of its own, so
that its work is in nobody's figures.

`Sink()` starts it; `counts()` says what came since it was asked last. While `keep` is set, the lines are kept as well.
"""

import gzip
import http.client
import json
import multiprocessing
import selectors
import socket
import zlib

LISTING = (b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>false</IsTruncated>'
           b"<KeyCount>0</KeyCount></ListBucketResult>")


class Sink:
    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = listener.getsockname()[1]
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
        self.process.start()
        listener.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def counts(self, keep=False):
        """{"objects", "bytes", "lines": {key: checksum of the lines}} since the last call."""
        self.connection.request("POST", "/-/counts?keep" if keep else "/-/counts")
        return json.loads(self.connection.getresponse().read())

    def stop(self):
        self.process.terminate()
        self.process.join()


class Connection:
    def __init__(self, sock):
        self.sock, self.head, self.body, self.missing, self.request = sock, b"", [], 0, None


class Counts:
    def __init__(self, keep=False):
        self.objects, self.bytes, self.lines, self.keep = 0, 0, {}, keep


def serve(listener):
    selector = selectors.DefaultSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    buffer, counts = bytearray(1 << 20), Counts()
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                accepted = listener.accept()[0]
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ, Connection(accepted))
                continue
            connection = key.data
            try:
                size = connection.sock.recv_into(buffer)
            except ConnectionError:
                size = 0
            if not size:
                selector.unregister(connection.sock)
                connection.sock.close()
                continue
            counts = take(connection, memoryview(buffer)[:size], counts)


def take(connection, data, counts):
    """Bytes of a request have come; nobody pipelines."""
    if connection.request is None:
        connection.head += data
        end = connection.head.find(b"\r\n\r\n")
        if end < 0:
            return counts
        lines = connection.head[:end].split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        connection.request = lines[0].split(b" ")[:2]
        connection.missing = int(headers.get(b"content-length", 0))
        counts.bytes += connection.missing
        data, connection.head = connection.head[end + 4:], b""
        if headers.get(b"expect") == b"100-continue" and not data:
            connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.missing -= len(data)
    if counts.keep:
        connection.body.append(bytes(data))
    if connection.missing > 0:
        return counts
    method, target = connection.request
    connection.request = None
    status, answer = b"200 OK", b""
    if target.startswith(b"/-/"):
        answer = json.dumps({"objects": counts.objects, "bytes": counts.bytes, "lines": counts.lines}).encode()
        counts = Counts(keep=target.endswith(b"?keep"))
    elif method == b"PUT":
        counts.objects += 1
        if counts.keep:
            body = b"".join(connection.body)
            counts.lines[target.decode()] = zlib.crc32(gzip.decompress(body) if target.endswith(b".gz") else body)
    elif b"list-type=2" in target:
        answer = LISTING
    else:
        status = b"404 Not Found"
    connection.body = []
    connection.sock.sendall(b'HTTP/1.1 %s\r\nETag: "0"\r\nContent-Length: %d\r\n\r\n%s' % (status, len(answer), answer))
    return counts
