"""Every saved query of the template, over what the deployed function stores of several topics, with each partitioning.

    saved_queries.py LAMBDA.zip

DuckDB answers them, which is not Athena: it checks that a query is right, and not that Athena has each function. What
is expected is counted from the events, by none of the function's code.
"""

import base64
import collections
import datetime
import gzip
import json
import pathlib
import sys
import tempfile

import duckdb

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Demo"))

from demo import CLUSTER, ROOT  # noqa: E402
from local_aws import LocalAWS, deploy, read_template  # noqa: E402

HOUR = 3_600_000
NOON = 1_795_262_400_000
TOPIC = "stock.Market-2"  # in whose table's name three characters are others
# What Athena has and DuckDB lacks.
MACROS = """
CREATE MACRO from_unixtime(seconds) AS make_timestamp(CAST(round(seconds * 1e6) AS BIGINT));
CREATE MACRO from_utf8(bytes) AS decode(bytes);
"""


def main(package):
    for partitioning in ["hour", "day", "none"]:
        with LocalAWS() as aws, tempfile.TemporaryDirectory() as folder:
            parameters = {"MSKClusterArn": CLUSTER, "TimePartition": partitioning, "Topic": TOPIC}
            stack = deploy(aws, package, parameters)
            for event in events():
                answer = aws.client("lambda").invoke(FunctionName=stack["Function"], Payload=json.dumps(event).encode())
                if "FunctionError" in answer:
                    raise SystemExit(f"the function failed: {answer['Payload'].read().decode()}")
            fetch(aws, stack["IngestionBucket"], folder)
            compare(partitioning, connect(folder))


def records():
    """One date for all, as the broker's own producer writes; a gap and a duplicate of offsets are made further
    below."""
    for number in range(400):
        index = ["HSI", "NYA", "N225"][number % 3]
        value = {"Index": index, "Date": "2026-11-21", "Low": 100.0 + number, "High": 120.0 + number,
                 "Close": 110.0 + number if number % 2 else 300.0 - number, "Volume": float(number)}
        yield {"topic": TOPIC, "partition": number % 2, "offset": number // 2 + (5 if number >= 200 else 0),
               "timestamp": NOON + number * HOUR // 100, "timestampType": "CREATE_TIME", "headers": [],
               "key": encoded(index), "value": encoded(json.dumps(value))}


def events():
    """The topic, another one with the same columns, and what cannot be rows of either."""
    rows = list(records())
    other = [it | {"topic": "orders", "offset": it["offset"] + 10_000,
                   "value": encoded('{"Index":"X","Date":"2099-01-01","Close":1.0,"Low":1.0,"High":9.0,"Volume":1e9}')}
             for it in rows[:50]]
    bad = [it | {"topic": topic, "offset": 90_000, "value": encoded("no JSON")} for it in rows[:1]
           for topic in (TOPIC, "orders")]
    for batch in (rows, other, bad):
        lists = collections.defaultdict(list)
        for it in batch:
            lists[f"{it['topic']}-{it['partition']}"].append(it)
        yield {"eventSource": "aws:kafka", "eventSourceArn": CLUSTER, "bootstrapServers": "b:9092", "records": lists}


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def fetch(aws, bucket, folder):
    s3 = aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if not entry["Key"].endswith("/.crawled"):
                path = pathlib.Path(folder, entry["Key"])
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
    # A record that is there twice, as a pipeline that stores at least once would leave it.
    file = sorted(pathlib.Path(folder, "topics", TOPIC).rglob("*+1+*.json.gz"))[0]
    file.write_bytes(file.read_bytes() + gzip.compress(gzip.decompress(file.read_bytes()).splitlines(keepends=True)[0]))


def connect(folder):
    """Tables as the crawler names them, columns in small letters."""
    connection = duckdb.connect()
    connection.execute(MACROS)
    for table, topic in {"stock_market_2": f"topics/{TOPIC}", "orders": "topics/orders",
                         "quarantined_records": "errors"}.items():
        columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows_of(folder, topic)}").fetchall()]
        names = ", ".join(f'"{name}" AS "{name.lower()}"' for name in columns)
        connection.execute(f"CREATE VIEW {table} AS SELECT {names} FROM {rows_of(folder, topic)}")
    return connection


def rows_of(folder, topic):
    options = "format='newline_delimited', hive_partitioning=true, hive_types_autocast=false"
    return f"read_json('{folder}/{topic}/**/*.json.gz', {options})"


def compare(partitioning, connection):
    wanted, found = answers(), {}
    for name, resource in read_template(ROOT / "template.yaml")["Resources"].items():
        if resource["Type"] != "AWS::Athena::NamedQuery":
            continue
        text, values = resource["Properties"]["QueryString"]["Fn::Sub"]
        for variable in values:
            table = "quarantined_records" if name == "Quarantined" else "stock_market_2"
            text = text.replace("${%s}" % variable, {"Table": table}[variable])
        found[name] = connection.execute(text).fetchall()
    if found.keys() != wanted.keys():
        raise SystemExit(f"saved queries without an expected answer, or the reverse: {found.keys() ^ wanted.keys()}")
    for name, rows in wanted.items():
        answer = [row[:len(rows[0])] for row in found[name]] if name != "NewestRecords" else len(found[name])
        if answer != (rows if name != "NewestRecords" else 100):
            raise SystemExit(f"TimePartition={partitioning}, {name}:\n  wanted {rows[:6]}\n  found  {found[name][:6]}")
    print(f"  TimePartition={partitioning}: {', '.join(sorted(found))}", flush=True)


def answers():
    """What each saved query answers; of the newest records, how many."""
    rows = [(it, json.loads(base64.b64decode(it["value"]))) for it in records()]
    duplicate = next(pair for pair in rows if pair[0]["partition"] == 1)
    rows.append(duplicate)
    latest, volume, offsets = {}, collections.defaultdict(lambda: [0.0, 0]), collections.defaultdict(list)
    lows, highs = collections.defaultdict(list), collections.defaultdict(list)
    for it, value in rows:
        hour, index = moment(it["timestamp"] // HOUR * HOUR), value["Index"]
        latest[index] = max(latest.get(index, (0,)), (it["timestamp"], value["Date"], value["Close"]))
        volume[hour, index][0] += value["Volume"]
        volume[hour, index][1] += 1
        offsets[hour, it["partition"]].append(it["offset"])
        lows[index].append(value["Low"])
        highs[index].append(value["High"])
    counts = collections.Counter(value["Index"] for _, value in rows)
    ranges = [(i, "2026-11-21", min(lows[i]), max(highs[i]),
               round(100 * (max(highs[i]) - min(lows[i])) / min(lows[i]), 2)) for i in lows]
    return {
        "NewestRecords": [()],
        "RecordsByHour": [(h, p, len(them), min(them), max(them)) for (h, p), them in
                          sorted(offsets.items(), key=lambda it: (-it[0][0].timestamp(), it[0][1]))],
        "LatestPrice": [(i, as_date(date), close, counts[i]) for i, (_, date, close) in sorted(latest.items())],
        "DailyRange": [(i, as_date(date), *rest) for i, date, *rest in sorted(ranges, key=lambda it: (-it[4], it[0]))],
        "VolumeByHour": [(*place, *them) for place, them in sorted(volume.items())],
        "DuplicatesAndGaps": [(0, "gap", 99, 105, 5), (1, "duplicate", 0, 0, -1), (1, "gap", 99, 105, 5)],
        "Quarantined": [("malformed-json", topic, 0, 90_000, moment(NOON), "HSI", "no JSON")
                        for topic in ("orders", TOPIC)],
    }


def moment(milliseconds):
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc).replace(tzinfo=None)


def as_date(text):
    return datetime.date.fromisoformat(text)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
