"""The same ingestion as most people would write it: awslambdaric and boto3, with care, but without heroics.

It promises what bootstrap does at DELIVERY=at-least-once: nothing is lost, and a batch that is delivered again as it
was is not stored again. Every value is checked as JSON, the same objects with the same lines get the same keys, none is
overwritten, and what cannot be a row goes to errors/. Where a key is taken, the object's metadata says how far it
reaches, and what follows is stored under the next offset. The clients are made once, uploads run side by side, and gzip
is at its fastest level, as bootstrap's.
"""

import base64
import binascii
import bisect
import concurrent.futures
import datetime
import gzip
import json
import os
import re

import boto3
import botocore.config
import botocore.exceptions

BUCKET = os.environ["INGESTION_BUCKET"]
GZIP = os.environ.get("COMPRESSION", "gzip") == "gzip"
SUFFIX = ".json.gz" if GZIP else ".json"
HOUR = 3_600_000  # milliseconds
EPOCH = datetime.datetime(1970, 1, 1)
STRING_OR_SPACE = re.compile(rb'"(?:[^"\\]|\\.)*"|[ \t\r\n]+')

s3 = boto3.client("s3", config=botocore.config.Config(
    max_pool_connections=8, retries={"max_attempts": 4, "mode": "standard"}))
pool = concurrent.futures.ThreadPoolExecutor(8)


def handler(event, context):
    groups = {}
    for records in event["records"].values():
        for record in records:
            line = row(record.get("value"))
            folder = "topics" if line is not None else "errors"
            group = folder, record["topic"], record["partition"], record["timestamp"] // HOUR
            found = groups.get(group)
            if found is None:
                groups[group] = found = [], []
            found[0].append(record["offset"])
            found[1].append(line if line is not None else json.dumps(record).encode())
    uploads = [pool.submit(store, group, offsets, lines) for group, (offsets, lines) in groups.items()]
    for upload in uploads:
        upload.result()
    return {"records": sum(len(lines) for _, lines in groups.values()), "objects": len(groups)}


def row(value):
    """The value's bytes as one line; None where they are no JSON object."""
    try:
        data = base64.b64decode(value, validate=True)
        parsed = json.loads(data, parse_constant=no_such_number)
    except (TypeError, ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    if b"\n" in data or b"\r" in data:
        return STRING_OR_SPACE.sub(lambda found: found[0] if found[0][:1] == b'"' else b"", data)
    return data


def no_such_number(text):
    raise ValueError(text)


def store(group, offsets, lines):
    folder, topic, partition, hour = group
    time = (EPOCH + datetime.timedelta(milliseconds=hour * HOUR)).strftime("dt=%Y-%m-%d/hour=%H")
    key = f"{folder}/{topic}/{time}/{topic}+{partition}+{offsets[0]:020d}{SUFFIX}"
    body = b"\n".join(lines) + b"\n"
    try:
        s3.put_object(
            Bucket=BUCKET, Key=key, Body=gzip.compress(body, 1) if GZIP else body, IfNoneMatch="*",
            ContentType="application/gzip" if GZIP else "application/x-ndjson",
            Metadata={"first-offset": str(offsets[0]), "last-offset": str(offsets[-1])})
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        # Stored by an earlier delivery, which may have been a shorter one.
        stored = s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
        rest = bisect.bisect_right(offsets, int(stored["last-offset"]))
        if rest < len(offsets):
            store(group, offsets[rest:], lines[rest:])
