#!/usr/bin/env python3
"""How a backlog gets through where S3 takes its time and invocations end.

    Benchmarks/backlog.py BOOTSTRAP [--concurrency]

Prints for each case how many deliveries it takes until the batch is acknowledged, each by a sandbox of its own, and the
requests of each. With --concurrency: how long 500 objects take by UPLOAD_CONCURRENCY, at 30, 50 and 100 ms.
"""

import argparse
import base64
import datetime
import json
import os
import sys
import time

from host import Function
from slow_s3 import SlowS3

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR = 3_600_000
EPOCH = datetime.datetime(1970, 1, 1)
VALUE = base64.b64encode(b'{"price":1}').decode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bootstrap")
    parser.add_argument("--concurrency", action="store_true")
    options = parser.parse_args()
    if options.concurrency:
        return by_concurrency(options.bootstrap)
    row("case", "S3", "time", "deliveries", "seconds", "PUT, LIST, HEAD of each")
    for name, *case in cases():
        row(name, *play(options.bootstrap, *case))


def cases():
    """(name, milliseconds of a request, seconds of an invocation, event, what is stored, settings)"""
    hours = {f"{p}": [(n, START + (n * 37 + p * 11) % 84 * HOUR + n) for n in range(100)] for p in range(10)}
    yield "1,000 records of 10 partitions and 84 hours", 50, 6, event(hours), {}, {}
    yield "10,000 hourly records", 50, 60, event({"0": [(n, START + n * HOUR) for n in range(10_000)]}), {}, {}
    yield "900 hourly records, at least once", 50, 6, event({"0": [(n, START + n * HOUR) for n in range(900)]}), {}, {
        "DELIVERY": "at-least-once"}
    small = [(n, START + n * 100) for n in range(10_000)]
    yield "10,000 records that lie in an object each", 10, 60, event({"0": small}), dict(
        stored(n, time) for n, time in small), {}
    again = [(n, START + 1_800_000 + n) for n in range(3_000)]
    yield "a topic made again among 3,000 objects of its namesake", 10, 60, event({"0": again}), dict(
        stored(n, START + n) for n in range(3_000)), {}
    yield "60,000 keys of another suffix beyond the batch", 10, 60, event({"0": small[:100]}), dict(
        stored(n, START + n, ".json") for n in range(20_000, 80_000)), {}


def event(partitions):
    records = {f"t-{partition}": [
        {"topic": "t", "partition": int(partition), "offset": offset, "timestamp": time, "value": VALUE}
        for offset, time in found] for partition, found in partitions.items()}
    return json.dumps({"eventSource": "aws:kafka", "records": records}).encode()


def stored(offset, time, suffix=".json.gz"):
    folder = (EPOCH + datetime.timedelta(milliseconds=time)).strftime("dt=%Y-%m-%d/hour=%H")
    about = {"topic": "t", "partition": 0, "first-offset": offset, "last-offset": offset, "record-count": 1,
             "first-timestamp": time, "last-timestamp": time, "least-timestamp": time, "greatest-timestamp": time}
    return f"topics/t/{folder}/t+0+{offset:020d}{suffix}", {f"x-amz-meta-{name}": str(about[name]) for name in about}


def play(bootstrap, milliseconds, seconds, batch, objects, settings, most=8):
    s3 = SlowS3(milliseconds)
    s3.fill(objects)
    told, began = [], time.monotonic()
    for delivery in range(1, most + 1):
        function = Function([bootstrap], environment(s3, settings))
        s3.counts()
        succeeded = function.invoke(batch, deadline=seconds * 1000, may_fail=True).succeeded
        function.stop()
        counts = s3.counts()
        told.append(f"{counts.get('PUT', 0):,}, {counts.get('LIST', 0):,}, {counts.get('HEAD', 0):,}")
        if succeeded:
            break
    s3.stop()
    return f"{milliseconds} ms", f"{seconds} s", delivery if succeeded else f"> {most}", \
        f"{time.monotonic() - began:.1f}", "; ".join(told)


def by_concurrency(bootstrap):
    batch = event({"0": [(n, START + n * HOUR) for n in range(500)]})
    row("UPLOAD_CONCURRENCY", "30 ms", "50 ms", "100 ms", "CPU", "peak memory, MiB")
    for concurrency in [4, 8, 16, 32, 64]:
        walls = []
        for milliseconds in [30, 50, 100]:
            s3 = SlowS3(milliseconds)
            function = Function([bootstrap], environment(s3, {"UPLOAD_CONCURRENCY": str(concurrency)}))
            invocation = function.invoke(batch)
            walls.append(f"{invocation.wall / 1000:.2f} s")
            memory = function.peak_memory()
            function.stop()
            s3.stop()
        row(concurrency, *walls, f"{invocation.cpu:.0f} ms", f"{memory:.1f}")


def environment(s3, settings):
    return {"PATH": os.environ["PATH"], "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret", "INGESTION_BUCKET": "ingestion", "METRICS_NAMESPACE": "",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3.port}", **settings}


def row(name, *columns):
    print(f"  {name:<56}" + "".join(f"{column:>{max(11, len(str(column)) + 2)}}" for column in columns))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
