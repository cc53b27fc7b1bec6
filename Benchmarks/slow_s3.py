"""An S3 on loopback whose every answer takes as long as one of a real S3 does: PUT with If-None-Match, HEAD, GET and
ListObjectsV2, in a process of its own.

`SlowS3(milliseconds)` starts it; `counts()` says which requests came since it was asked last; `fill(keys)` puts empty
objects there at once.
"""

import bisect
import collections
import heapq
import http.client
import json
import multiprocessing
import selectors
import socket
import time
import urllib.parse


class SlowS3:
    def __init__(self, milliseconds):
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = listener.getsockname()[1]
        self.process = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, milliseconds / 1000), daemon=True)
        self.process.start()
        listener.close()

    def counts(self):
        """{"PUT": …, "LIST": …, "HEAD": …, "GET": …, "objects": how many there are, "records": what they hold}"""
        return json.loads(self.ask("/-/counts"))

    def fill(self, objects):
        """{key: metadata} that somebody stored before."""
        self.ask("/-/fill", json.dumps(objects))

    def ask(self, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", path, body or "")
        return connection.getresponse().read()

    def stop(self):
        self.process.terminate()
        self.process.join()


class Bucket:
    def __init__(self):
        self.objects, self.keys, self.counts = {}, [], collections.Counter()

    def put(self, key, metadata, body):
        if key in self.objects:
            return False
        bisect.insort(self.keys, key)
        self.objects[key] = metadata, body
        return True

    def answer(self, method, target, headers, body):
        if target == "/-/counts":
            records = sum(int(metadata.get("x-amz-meta-record-count", 0)) for metadata, _ in self.objects.values())
            counts, self.counts = dict(self.counts, objects=len(self.objects), records=records), collections.Counter()
            return 200, {}, json.dumps(counts).encode()
        if target == "/-/fill":
            for key, metadata in json.loads(body).items():
                self.put(key, metadata, b"")
            return 200, {}, b""
        path, _, query = target.partition("?")
        key = urllib.parse.unquote(path).split("/", 2)[2:]
        if "list-type=2" in query:
            self.counts["LIST"] += 1
            return 200, {}, self.list(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
        self.counts[method] += 1
        if method == "PUT":
            metadata = {name: value for name, value in headers.items() if name.startswith("x-amz-meta-")}
            created = self.put(key[0], metadata, body)
            return (200, {"ETag": '"0"'}, b"") if created else (
                412, {}, b"<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>")
        if not key or key[0] not in self.objects:
            return 404, {}, b"" if method == "HEAD" else b"<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"
        metadata, body = self.objects[key[0]]
        return 200, {"ETag": '"0"', **metadata}, b"" if method == "HEAD" else body

    def list(self, query):
        prefix, limit = query["prefix"], int(query.get("max-keys", 1000))
        at = bisect.bisect_right(self.keys, query["start-after"]) if "start-after" in query else 0
        at = max(at, bisect.bisect_left(self.keys, prefix))
        page = []
        while at < len(self.keys) and self.keys[at].startswith(prefix) and len(page) < limit:
            page.append(self.keys[at])
            at += 1
        more = at < len(self.keys) and self.keys[at].startswith(prefix)
        items = "".join(
            f"<Contents><Key>{urllib.parse.quote(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            "<ETag>&quot;0&quot;</ETag><Size>100</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for key in page)
        return (f"<ListBucketResult><Name>b</Name><EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}"
                f"</IsTruncated>{items}</ListBucketResult>").encode()


def serve(listener, latency):
    selector, bucket, due, number = selectors.DefaultSelector(), Bucket(), [], 0
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, None)
    while True:
        wait = max(0, due[0][0] - time.monotonic()) if due else None
        for event, _ in selector.select(wait):
            if event.fileobj is listener:
                accepted = listener.accept()[0]
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ, bytearray())
                continue
            try:
                data = event.fileobj.recv(1 << 20)
            except ConnectionError:
                data = b""
            if not data:
                selector.unregister(event.fileobj)
                event.fileobj.close()
                continue
            event.data.extend(data)
            request = whole_request(event.data)
            if request:
                number += 1
                now = 0 if request[1].startswith("/-/") else time.monotonic() + latency
                heapq.heappush(due, (now, number, event.fileobj, request))
        while due and due[0][0] <= time.monotonic():
            _, _, connection, request = heapq.heappop(due)
            # Carried out when it is answered, so that one request in between may still come first.
            status, headers, body = bucket.answer(*request)
            length = {} if request[0] == "HEAD" else {"Content-Length": len(body)}
            head = "".join(f"{name}: {value}\r\n" for name, value in {**headers, **length}.items())
            try:
                connection.sendall(f"HTTP/1.1 {status} S\r\n{head}\r\n".encode() + body)
            except OSError:
                pass  # it has given up


def whole_request(data):
    """Takes (method, target, headers, body) from the front of `data`; None where it is not all there."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = data[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    size = end + 4 + int(headers.get("content-length", 0))
    if len(data) < size:
        return None
    body = bytes(data[end + 4:size])
    del data[:size]
    method, target = lines[0].split(" ")[:2]
    return method, target, headers, body
