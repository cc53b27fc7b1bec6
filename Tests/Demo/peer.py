#!/usr/bin/env python3
"""The Python function that the benchmark compares with loses nothing when batches come again with other boundaries, and
stores an identical one once.

    python Tests/Demo/peer.py
"""

import base64
import gzip
import json
import os
import pathlib
import sys

os.environ |= {"INGESTION_BUCKET": "ingestion", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
               "AWS_SECRET_ACCESS_KEY": "test"}
os.environ.pop("AWS_ENDPOINT_URL", None)
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Benchmarks" / "python"))

import boto3
import moto


def batch(offsets):
    return {"records": {"t-0": [
        {"topic": "t", "partition": 0, "offset": offset, "timestamp": 1_767_225_600_000 + offset,
         "value": base64.b64encode(json.dumps({"o": offset}).encode()).decode()} for offset in offsets]}}


with moto.mock_aws():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="ingestion")
    import app

    for deliveries in [range(0, 10), range(0, 20), range(0, 20)]:
        app.handler(batch(deliveries), None)
    objects = s3.list_objects_v2(Bucket="ingestion")["Contents"]
    rows = [json.loads(line)["o"] for found in objects for line in gzip.decompress(
        s3.get_object(Bucket="ingestion", Key=found["Key"])["Body"].read()).splitlines()]
    if sorted(rows) != list(range(20)) or len(objects) != 2:
        sys.exit(f"of offsets 0-19 the Python function stored {sorted(rows)} in {len(objects)} objects")
