#!/usr/bin/env python3
r"""Writes one Kafka batch of stock-market records, as Lambda would receive it, to standard output.

The same arguments always give the same bytes. msk.json and self-managed.json are the first two of these:

    events/make-batch.py --records 36 --partitions 3 --first-offset 0 --step 180 --headers --lines > events/msk.json
    events/make-batch.py --records 24 --partitions 2 --step 300 --headers --lines --source self-managed \
        --first-offset 500 --start 1795339800000 > events/self-managed.json
    events/make-batch.py --records 10000 > .build/events/10000.json     # about 4 MB
"""

import argparse
import base64
import json
import random

# Columns and indices as in the stock-market data that the pipeline was first built for.
INDICES = {
    "GSPTSE": (3342.5, 0.83), "NYA": (10452.6, 1.0), "IXIC": (2284.9, 1.0), "HSI": (16955.3, 0.13),
    "N225": (18934.3, 0.01), "GDAXI": (6048.3, 1.22), "000001.SS": (3242.2, 0.16), "J203.JO": (20762.0, 0.07),
}


def price_rows(rng):
    """Endless rows, one index after the other, each a day on from its last; prices walk at random."""
    names = list(INDICES)
    price = {name: INDICES[name][0] for name in names}
    day = 0
    while True:
        for name in names:
            opened = price[name]
            close = opened * (1 + rng.gauss(0, 0.01))
            high = max(opened, close) * (1 + abs(rng.gauss(0, 0.004)))
            low = min(opened, close) * (1 - abs(rng.gauss(0, 0.004)))
            price[name] = close
            year, rest = divmod(day, 336)
            yield {
                "Index": name,
                "Date": f"{1990 + year}-{1 + rest // 28:02d}-{1 + rest % 28:02d}",
                "Open": round(opened, 6), "High": round(high, 6), "Low": round(low, 6),
                "Close": round(close, 6), "Adj Close": round(close, 6),
                "Volume": float(rng.randrange(0, 40_000_000, 100)),
                "CloseUSD": round(close * INDICES[name][1], 8),
            }
        day += 1


def header(name, text):
    """Kafka header as Lambda gives it: one-entry object, bytes as *signed* numbers."""
    return {name: [b - 256 if b > 127 else b for b in text.encode()]}


def b64(data):
    return base64.b64encode(data).decode()


def records(args):
    rng = random.Random(args.seed)
    rows = price_rows(rng)
    offsets = [args.first_offset + 1000 * p for p in range(args.partitions)]
    by_partition = {f"{args.topic}-{p}": [] for p in range(args.partitions)}
    for n in range(args.records):
        row = next(rows)
        partition = sum(row["Index"].encode()) % args.partitions  # the same index, the same partition
        record = {
            "topic": args.topic, "partition": partition, "offset": offsets[partition],
            "timestamp": int(args.start + n * args.step * 1000) + rng.randrange(int(args.step * 1000)),
            "timestampType": "CREATE_TIME",
            "key": b64(row["Index"].encode()),
            "value": b64(json.dumps(row, separators=(",", ":")).encode()),
            "headers": [header("source", "Börse"), header("sequence", str(n))] if args.headers else [],
        }
        offsets[partition] += 1
        by_partition[f"{args.topic}-{partition}"].append(record)
    return {name: found for name, found in by_partition.items() if found}


def batch(args):
    servers = "b-2.example.kafka.eu-central-1.amazonaws.com:9092,b-1.example.kafka.eu-central-1.amazonaws.com:9092"
    if args.source == "self-managed":
        top = {"eventSource": "SelfManagedKafka", "bootstrapServers": "broker.example.com:9092"}
    else:
        arn = "arn:aws:kafka:eu-central-1:123456789012:cluster/example/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
        top = {"eventSource": "aws:kafka", "eventSourceArn": arn, "bootstrapServers": servers}
    return {**top, "records": records(args)}


def text_of(event, one_line_each):
    """Compact JSON as the service sends it or, for people, with one record on each line."""
    compact = lambda value: json.dumps(value, separators=(",", ":"))
    if not one_line_each:
        return compact(event)
    lists = [
        f" {compact(name)}:[\n  " + ",\n  ".join(map(compact, found)) + "\n ]"
        for name, found in event["records"].items()
    ]
    top = compact({name: value for name, value in event.items() if name != "records"})
    return top[:-1] + ',\n"records":{\n' + ",\n".join(lists) + "\n}}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--source", choices=["msk", "self-managed"], default="msk")
    parser.add_argument("--topic", default="stock_market")
    parser.add_argument("--first-offset", type=int, default=100_000,
                        help="of partition 0; each next partition is 1000 on")
    parser.add_argument("--start", type=int, default=1795301400000, help="time of the first record, ms since 1970")
    parser.add_argument("--step", type=float, default=0.5, help="seconds from one record to the next")
    parser.add_argument("--headers", action="store_true", help="two headers on each record")
    parser.add_argument("--lines", action="store_true", help="one record on each line")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(text_of(batch(args), args.lines))
