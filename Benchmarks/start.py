#!/usr/bin/env python3
"""Start of the deployed binary: milliseconds from exec to the first request for an event, and memory by then.

    Benchmarks/start.py [BOOTSTRAP [RUNS]]

The Runtime API is a socket of this script's, and where S3 should be nobody listens: the connection that init opens
ahead is refused. RUNS is 40 unless told. Other work on the machine makes it slower, which the minimum shows least.
"""

import os
import pathlib
import re
import socket
import statistics
import sys
import time

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
