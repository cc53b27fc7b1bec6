"""Batches as a mapping delivers them one after the other: the same records, each time with the offsets that follow."""

import functools
import json
import pathlib
import re
import subprocess

MAKE_BATCH = pathlib.Path(__file__).parents[1] / "events/make-batch.py"
OFFSET = re.compile(rb'("offset":)(\d+)')


@functools.cache
def made(arguments):
    return subprocess.run([MAKE_BATCH, *arguments], check=True, stdout=subprocess.PIPE).stdout.strip()


class Batches:
    """Endless batches of `records` records."""

    def __init__(self, records, *arguments, partitions=None):
        event = made(("--records", str(records), *arguments))
        if partitions is not None:
            event = spread(event, partitions)
        self.records = records
        self.size = len(event)
        pieces = OFFSET.split(event)
        # [text, name, offset, text, name, offset, …, text]; a partition's next batch begins after its last offset.
        self.texts, self.offsets = pieces[0::3], [int(offset) for offset in pieces[2::3]]
        counts = [len(found) for found in json.loads(event)["records"].values()]
        self.steps = [count for count in counts for _ in range(count)]

    def next(self):
        parts = [self.texts[0]]
        for n, text in enumerate(self.texts[1:]):
            parts.append(b'"offset":%d' % self.offsets[n])
            parts.append(text)
            self.offsets[n] += self.steps[n]
        return b"".join(parts)


def spread(event, partitions):
    """The same records over so many topic-partitions, evenly."""
    event = json.loads(event)
    spread = {}
    records = sorted((record for found in event["records"].values() for record in found), key=lambda r: r["timestamp"])
    for n, record in enumerate(records):
        partition, offset = n % partitions, n // partitions
        spread.setdefault(f"{record['topic']}-{partition}", []).append(
            {**record, "partition": partition, "offset": 100_000 + offset})
    return json.dumps({**event, "records": spread}, separators=(",", ":")).encode()
