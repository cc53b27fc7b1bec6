#!/usr/bin/env python3
"""What a month costs at several rates, from the prices and measurements in a file.

    Benchmarks/costs.py [--try-out] [FILE.json]      costs.json beside this script, unless another is named

Prints the table that the README shows; with --try-out the one of a stack with a broker of its own. Questions to Athena
are not in them, nor is Kafka in the first.
"""

import json
import pathlib
import sys

MONTH_HOURS = 730
MONTH_SECONDS = MONTH_HOURS * 3600
GB = 1e9
# What makes the sum; whoever tells Athena of the records comes on top.
PARTS = ("PUT", "LIST", "Lambda requests", "Lambda GB-s", "logs, metrics", "storage")
NAMES = ("prices", "function", "traffic", "crawler", "table")


def month(rate, prices, function, traffic, crawler, table):
    """{what: dollars} for so many records a second, around the clock."""
    # A batch is full by number, by bytes, or when its window ends, whatever comes first.
    full = min(function["batch_records"], function["batch_bytes"] // traffic["event_bytes_a_record"])
    interval = min(function["window_seconds"], full / rate)
    batches = MONTH_SECONDS / interval
    seconds = (function["s3_ms"] + rate * interval / 1000 * function["cpu_ms_per_1000_records"]
               * max(1, function["mb_of_memory_per_cpu"] / function["memory_mb"])) / 1000
    objects = traffic["partitions_a_batch"]
    # A batch asks what is stored ahead of it. One page of a thousand keys answers for all partitions, as long as an
    # hour's folder holds no more.
    pages = 1 if 3600 / interval * objects <= 1000 else objects
    lists = batches * pages
    # In strict order it asks where a sandbox last saw the partition longer ago than it trusts its memory for, and once
    # for each new folder.
    strict_lists = lists if interval >= function["memory_seconds"] else MONTH_HOURS * objects
    # Each new folder is a crawl, a look whether one was started for it, and the sign that one was.
    crawls = MONTH_HOURS * traffic["topics"]
    crawl = crawler["dpus"] * crawler["least_minutes"] / 60 * prices["glue_dpu_hour"]
    looks = MONTH_HOURS / table["sandbox_hours"] * table["sandboxes"]
    stored = MONTH_SECONDS * rate * traffic["stored_bytes_a_record"] / GB
    return {
        "batches": batches,
        "PUT": batches * objects * prices["s3_put_or_list"],
        "LIST": lists * prices["s3_put_or_list"],
        "LIST, strict": strict_lists * prices["s3_put_or_list"],
        "Lambda requests": batches * prices["lambda_request"],
        "GB-s": batches * seconds * function["memory_mb"] / 1024,
        "Lambda GB-s": batches * seconds * function["memory_mb"] / 1024 * prices["lambda_gb_second"],
        "logs, metrics": batches * function["log_bytes_a_batch"] / GB * prices["logs_gb"] + prices["dashboard_month"]
        + function["metrics"] * prices["metric_month"] + function["alarms"] * prices["alarm_month"],
        "storage": stored * prices["s3_gb_month"],
        "crawler, each hour": crawls * (crawl + 2 * prices["s3_put_or_list"]),
        "crawler, each day": crawls / 24 * (crawl + 2 * prices["s3_put_or_list"]),
        "own table": (looks + 2 * table["changes_a_month"]) * traffic["topics"] * prices["glue_request"],
    }


def table(assumptions):
    rates = assumptions["traffic"]["rates"]
    columns = [month(rate, *(assumptions[name] for name in NAMES)) for rate in rates]
    heads = " | ".join(f"{rate:,} record{'s' * (rate > 1)}/s" for rate in rates)
    yield f"| a month, in US dollars, at | {heads} |"
    yield "|---|" + "---:|" * len(rates)

    def row(name, of, form="{:,.2f}"):
        return f"| {name} | " + " | ".join(form.format(of(column)) for column in columns) + " |"

    yield row("batches", lambda c: c["batches"], "{:,.0f}")
    yield row("S3 PUT requests (the objects)", lambda c: c["PUT"])
    yield row("S3 LIST requests (exactly once)", lambda c: c["LIST"])
    yield row("… with `BATCH_ORDER=strict`", lambda c: c["LIST, strict"])
    yield row("Lambda requests", lambda c: c["Lambda requests"])
    yield row("Lambda GB-s", lambda c: c["GB-s"], "{:,.0f} GB-s")
    yield row("… and their price", lambda c: c["Lambda GB-s"])
    yield row("logs, metrics, alarms, dashboard", lambda c: c["logs, metrics"])
    yield row("S3 storage of one month's records", lambda c: c["storage"])
    yield row("together, without a table", lambda c: sum(c[part] for part in PARTS))
    for name, way in (("`Catalog=crawler`, `TimePartition=hour`", "crawler, each hour"),
                      ("`Catalog=crawler`, `TimePartition=day`", "crawler, each day"),
                      ("`Catalog=glue`, with either", "own table")):
        yield row(f"{name}: for the table", lambda c: c[way])
        yield row("**… together**", lambda c: c[way] + sum(c[part] for part in PARTS), "**{:,.2f}**")


def try_out(assumptions):
    prices, broker, looks = (assumptions[name] for name in ("prices", "try-out", "failed batches"))
    rest = month(1, *(assumptions[name] for name in NAMES))
    counts = MONTH_HOURS * 12
    together = {
        "the broker's machine, its disk and its address":
            MONTH_HOURS * (broker["machine_hour"] + broker["address_hour"])
            + broker["disk_gb"] * broker["disk_gb_month"],
        "endpoints of Lambda and STS, for pollers on demand":
            MONTH_HOURS * broker["endpoints"] * broker["endpoint_hour"],
        "the crawler, with folders by hour": rest["crawler, each hour"],
        "the rest, at 1 record/s": sum(rest[part] for part in PARTS),
    }
    yield "| the try-out, in US dollars | a day | a month |"
    yield "|---|---:|---:|"
    for name, dollars in {
        **together, "**together**": sum(together.values()),
        "provisioned mode: a poller unit for each topic": MONTH_HOURS * prices["poller_unit_hour"],
        "`KeepFailedBatches=true`: counting them":
            counts * (prices["s3_put_or_list"] + looks["put_metric_data"] + looks["execution"]) + prices["metric_month"]
            + prices["alarm_month"],
    }.items():
        yield f"| {name} | {dollars / MONTH_HOURS * 24:.2f} | {dollars:.2f} |"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    of = try_out if "--try-out" in arguments else table
    files = [pathlib.Path(argument) for argument in arguments if argument != "--try-out"]
    path = files[0] if files else pathlib.Path(__file__).with_name("costs.json")
    print("\n".join(of(json.loads(path.read_text()))))
