#!/usr/bin/env python3
"""Start of the deployed binary: milliseconds from exec to the first request for an event, and memory by then. Then the
start together with a first batch of 1,000 records over TLS, as in production, with a bundle as large as a system's; and
a batch of 10,000 with its connections open, and after S3 has closed them, as it does within the mapping's window.

    Benchmarks/start.py [BOOTSTRAP [RUNS]]

The Runtime API is a socket of this script's, and at first nobody listens where S3 should be: the connection that init
opens ahead is refused. RUNS is 40 unless told. Other work on the machine makes it slower, which the minimum shows
least.
"""

import os
import pathlib
import re
import socket
import statistics
import sys
import tempfile
import time

from batches import Batches
from host import Function
from sink import Sink
from tls import certificates

binary = pathlib.Path(sys.argv[1] if sys.argv[1:] else pathlib.Path(__file__).parents[1] / ".build/lambda/bootstrap")
runs = int(sys.argv[2]) if sys.argv[2:] else 40
listener = socket.create_server(("127.0.0.1", 0))
environment = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % listener.getsockname()[1], "AWS_REGION": "eu-central-1",
               "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "INGESTION_BUCKET": "ingestion",
               "CRAWLER_NAME": "crawler", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


def start():
    """Milliseconds and KiB."""
    began = time.perf_counter()
    process = os.posix_spawn(binary, [binary], environment)
    with listener.accept()[0] as connection:
        request = connection.recv(4096)
        milliseconds = (time.perf_counter() - began) * 1000
        memory = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process}/status").read_text())[1])
        os.kill(process, 9)
        os.waitpid(process, 0)
    assert request.startswith(b"GET /2018-06-01/runtime/invocation/next "), request
    return milliseconds, memory


start()  # brings the file into memory
times, memories = zip(*(start() for _ in range(runs)))
print(f"exec to first /next: median {statistics.median(times):.2f} ms, least {min(times):.2f}, most {max(times):.2f} "
      f"({runs} starts); peak RSS {max(memories) / 1024:.1f} MiB; binary {binary.stat().st_size} bytes")


def with_first_batch(name, sink, **settings):
    """From the start to the end of a first batch, in milliseconds of time and of CPU."""
    starts, walls, cpus = [], [], []
    for _ in range(runs + 1):
        function = Function([str(binary)], {**environment, **settings})
        first = function.invoke(Batches(1_000).next())
        starts.append(function.start)
        walls.append(function.start + first.wall)
        cpus.append(function.start_cpu + first.cpu)
        function.stop()
    print(f"{name}: exec to first /next {shown(starts[1:])}; and a first batch of 1,000 records {shown(walls[1:])}, "
          f"CPU {shown(cpus[1:])}")


def shown(values):
    return f"median {statistics.median(values):.2f} ms, least {min(values):.2f}"


def after_idle_time(name, sink, **settings):
    """CPU of a batch of 10,000 records, with connections that are open and with such as have been closed."""
    function, cpus, connections = Function([str(binary)], {**environment, **settings}), {True: [], False: []}, []
    for turn in range(2 * runs + 4):
        closed = turn % 2 == 1
        if closed:
            sink.close()
        sink.counts()
        invocation, counts = function.invoke(Batches(10_000).next()), sink.counts()
        if turn > 3:
            cpus[closed].append(invocation.cpu)
            if closed:
                connections.append((counts["connections"], counts["resumed"]))
    function.stop()
    opened, resumed = (round(statistics.mean(each), 1) for each in zip(*connections))
    print(f"{name}: CPU of 10,000 records {shown(cpus[False])}; after all connections were closed {shown(cpus[True])}, "
          f"{opened} connections, {resumed} of them resumed")


plain = Sink()
with_first_batch("http", plain, AWS_ENDPOINT_URL=f"http://127.0.0.1:{plain.port}")
plain.stop()
with tempfile.TemporaryDirectory() as folder:
    chain, key, bundle = certificates(folder)
    count = bundle.read_text().count("BEGIN CERTIFICATE")
    secure = Sink(chain, key)
    settings = {"AWS_ENDPOINT_URL": f"https://localhost:{secure.port}", "AWS_CA_BUNDLE": str(bundle)}
    with_first_batch(f"https, a bundle of {count}", secure, **settings)
    after_idle_time("https", secure, **settings)
    secure.stop()
