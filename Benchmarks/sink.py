"""The least that passes for S3: takes every PUT, has nothing in any listing, and counts. In a process of its own, so
that its work is in nobody's figures.

`Sink()` starts it, `Sink(chain, key)` with TLS and the certificate in these files; `prepare` may restrict the context.
`counts()` says what came since it was asked last. While `keep` is set, the lines are kept as well. `close()` ends all
connections, as S3 does with those that lie idle.
"""

import gzip
import http.client
import json
import multiprocessing
import selectors
import socket
import ssl
import zlib

LISTING = (b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>false</IsTruncated>'
           b"<KeyCount>0</KeyCount></ListBucketResult>")


class Sink:
    def __init__(self, chain=None, key=None, prepare=None):
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = listener.getsockname()[1]
        context = None
        if chain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain, key)
            if prepare:
                prepare(context)
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(listener, context), daemon=True)
        self.process.start()
        listener.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        if chain:
            unverified = ssl._create_unverified_context()
            unverified.set_ciphers("ALL")
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=unverified)

    def counts(self, keep=False):
        """{"objects", "bytes", "lines": {key: checksum of the lines}, "connections", "resumed"} since the last call."""
        self.connection.request("POST", "/-/counts?keep" if keep else "/-/counts")
        return json.loads(self.connection.getresponse().read())

    def close(self):
        self.connection.request("POST", "/-/close")
        self.connection.getresponse().read()

    def stop(self):
        self.process.terminate()
        self.process.join()


class Connection:
    def __init__(self, sock):
        self.sock, self.head, self.body, self.missing, self.request = sock, b"", [], 0, None
        self.is_chunked, self.length = False, 0


class Counts:
    def __init__(self, keep=False):
        self.objects, self.bytes, self.lines, self.keep = 0, 0, {}, keep
        self.connections, self.resumed, self.closes = 0, 0, False  # resumed: those that took up a TLS session


def serve(listener, context=None):
    selector = selectors.DefaultSelector()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    buffer, counts = bytearray(1 << 20), Counts()
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                accepted = listener.accept()[0]
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if context and not (accepted := secured(accepted, context)):
                    continue
                counts.connections += 1
                counts.resumed += bool(context and accepted.session_reused)
                selector.register(accepted, selectors.EVENT_READ, Connection(accepted))
                continue
            connection = key.data
            size = received(connection.sock, buffer)
            if not size:
                selector.unregister(connection.sock)
                connection.sock.close()
                continue
            counts = take(connection, memoryview(buffer)[:size], counts)
            if counts.closes:
                close_all(selector, listener, connection.sock)
                counts.closes = False
                break  # what else was ready is gone


def close_all(selector, *but):
    for key in list(selector.get_map().values()):
        if key.fileobj not in but:
            selector.unregister(key.fileobj)
            key.fileobj.close()


def secured(accepted, context):
    try:
        return context.wrap_socket(accepted, server_side=True)
    except OSError:
        return None  # the client hung up


def received(sock, buffer):
    """How many bytes have come; with TLS all that have been decrypted, as the selector does not see those."""
    try:
        size = sock.recv_into(buffer)
        while size and isinstance(sock, ssl.SSLSocket) and sock.pending():
            size += sock.recv_into(memoryview(buffer)[size:])
        return size
    except OSError:
        return 0


def take(connection, data, counts):
    """Bytes of a request have come; nobody pipelines."""
    if connection.request is None:
        data = take_head(connection, data)
        if connection.request is None:
            return counts
    connection.missing -= len(data)
    if counts.keep or connection.is_chunked:
        connection.body.append(bytes(data))
    if not is_complete(connection):
        return counts
    method, target = connection.request
    connection.request = None
    status, answer = b"200 OK", b""
    if target == b"/-/close":
        counts.closes = True
    elif target.startswith(b"/-/"):
        answer = json.dumps({"objects": counts.objects, "bytes": counts.bytes, "lines": counts.lines,
                             "connections": counts.connections, "resumed": counts.resumed}).encode()
        counts = Counts(keep=target.endswith(b"?keep"))
    elif method == b"PUT":
        counts.objects += 1
        counts.bytes += connection.length
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


def take_head(connection, data):
    """What came beyond the head, when that is complete."""
    connection.head += data
    end = connection.head.find(b"\r\n\r\n")
    if end < 0:
        return b""
    lines = connection.head[:end].split(b"\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    connection.request = lines[0].split(b" ")[:2]
    # boto3 sends the body in chunks over TLS, with its checksum at the end instead of a signature of it.
    connection.is_chunked = headers.get(b"transfer-encoding") == b"chunked"
    connection.missing = int(headers.get(b"content-length", 0))
    connection.length = int(headers.get(b"x-amz-decoded-content-length", connection.missing))
    data, connection.head = connection.head[end + 4:], b""
    if headers.get(b"expect") == b"100-continue" and not data:
        connection.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    return data


def is_complete(connection):
    if not connection.is_chunked:
        return connection.missing <= 0
    body = unchunked(b"".join(connection.body))
    if body is None:
        return False
    connection.body = [unchunked(body) or body]  # HTTP's chunks, and in them those of aws-chunked
    return True


def unchunked(data):
    """What the chunks hold (RFC 9112, 7.1; trailers are skipped); None while some are missing, or where these are
    none."""
    body, position = [], 0
    while (end := data.find(b"\r\n", position)) >= 0:
        try:
            size = int(data[position:end].partition(b";")[0], 16)
        except ValueError:
            return None
        if size == 0:
            return b"".join(body) if data.endswith(b"\r\n\r\n") else None
        body.append(data[end + 2:end + 2 + size])
        position = end + 2 + size + 2
    return None
