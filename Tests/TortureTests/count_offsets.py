"""Counts what is stored, offset by offset. Shares no code with the function and reads nothing of its metadata.

    python count_offsets.py ENDPOINT BUCKET EXPECTED.json

EXPECTED.json: {"topic-0": [first, one past the last, [offsets among them that never were]], …}. Prints one line of
JSON: how many objects, rows and quarantined records there are, under "once" how many offsets of each topic-partition
are stored exactly once, and under "wrong" what is missing, double, out of order, in the wrong folder or outside of the
prefixes. Topics that are not expected are not counted.
"""

import collections
import datetime
import gzip
import json
import re
import sys

import boto3

EPOCH = datetime.datetime(1970, 1, 1)
KEY = re.compile(r"(topics|errors)/([^/]+)/dt=(\d{4}-\d\d-\d\d)/hour=(\d\d)/([^/]+)\+(\d+)\+(\d{20})[^/]*\.json(\.gz)?")


def objects(s3, bucket):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            if found["Key"].endswith("/.crawled"):
                continue  # readers pass over names with a dot
            yield found["Key"], s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()


class Count:
    """Of all objects of the topic-partitions that are expected, what they hold and what is wrong with them."""

    def __init__(self, expected):
        self.expected = expected
        self.wrong, self.totals = [], collections.Counter()
        self.seen = collections.defaultdict(list)  # (place, offset) -> keys

    def read(self, key, body):
        match = KEY.fullmatch(key)
        if not match:
            self.wrong.append(f"a key that no reader expects: {key}")
            return
        kind, topic, day, hour, _, partition, first, packed = match.groups()
        place = f"{topic}-{partition}"
        if place not in self.expected:
            return
        lines = (gzip.decompress(body) if packed else body).split(b"\n")
        if lines.pop() != b"":
            self.wrong.append(f"{key} ends within a line")
        self.totals["objects"] += 1
        self.totals[kind] += len(lines)
        offsets = []
        for line in lines:
            offset, timestamp = self.place_of(json.loads(line), kind, topic, key)
            folder = (EPOCH + datetime.timedelta(milliseconds=timestamp)).strftime("%Y-%m-%d %H")
            if folder != f"{day} {hour}":
                self.wrong.append(f"{place}@{offset} of {folder} lies in {key}")
            offsets.append(offset)
            self.seen[place, offset].append(key)
        if any(a >= b for a, b in zip(offsets, offsets[1:])):
            self.wrong.append(f"{key} is out of order: {offsets[:20]}")
        if not offsets or offsets[0] != int(first):
            self.wrong.append(f"{key} begins with {offsets[:1]}")

    def place_of(self, row, kind, topic, key):
        """(offset, timestamp)"""
        if kind != "topics":
            return row["offset"], row["timestamp"]
        offset, timestamp = row["kafka_offset"], row["kafka_timestamp"]
        if row["o"] != offset or row["t"] != timestamp or row["kafka_topic"] != topic:
            self.wrong.append(f"{key}: another record's metadata at {offset}")
        return offset, timestamp

    def compare(self):
        """By topic-partition, how many offsets are stored exactly once."""
        once = {}
        for place, (first, end, holes) in self.expected.items():
            due = set(range(first, end)) - set(holes)
            for offset in sorted(due):
                keys = self.seen.get((place, offset), [])
                if not keys:
                    self.wrong.append(f"missing: {place}@{offset}")
                elif len(keys) > 1:
                    self.wrong.append(f"{len(keys)} times: {place}@{offset} in {', '.join(keys)}")
            self.totals["expected"] += len(due)
            once[place] = sum(len(self.seen.get((place, offset), [])) == 1 for offset in due)
        for place, offset in self.seen:
            first, end, holes = self.expected[place]
            if not first <= offset < end or offset in holes:
                self.wrong.append(f"never produced: {place}@{offset}")
        return once


def main(endpoint, bucket, path):
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id="test",
                      aws_secret_access_key="test")
    with open(path) as file:
        count = Count(json.load(file))
    for key, body in objects(s3, bucket):
        count.read(key, body)
    once, totals, wrong = count.compare(), count.totals, count.wrong
    print(json.dumps({"objects": totals["objects"], "rows": totals["topics"], "quarantined": totals["errors"],
                      "expected": totals["expected"], "once": once, "wrong": wrong[:200], "wrongCount": len(wrong)}))


main(*sys.argv[1:])
