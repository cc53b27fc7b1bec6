"""The whole story on this machine: broker, producer, event source mapping, function, S3, crawler, SQL and a chart.

    pipeline.py LAMBDA.zip LOCAL [--follow]

`LOCAL` is the package's developer's tool. With --follow records keep coming, until Ctrl-C.
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import check_objects
from demo import CLUSTER, ROOT, ask, create_table, show_crawler, show_table, step
from local_aws import ADMIN, REGION, LocalAWS, deploy

TOPIC, RECORDS = "stock_market", 4200
OWN = {}  # variables of every command besides those of the local AWS
QUESTION = """
SELECT "Index", count(*) AS days, min("Low") AS lowest, max("High") AS highest, max_by("Close", "Date") AS last_close
FROM stock_market GROUP BY "Index" ORDER BY "Index"
"""
SERIES = 'SELECT "Date", "Close" FROM stock_market WHERE "Index" = \'N225\' ORDER BY "Date"'


def main(package, local, follow):
    with contextlib.ExitStack() as stack:
        aws = stack.enter_context(LocalAWS())
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipeline-")))
        # Commands find a broker by themselves; here they must find none but this one.
        OWN["XDG_RUNTIME_DIR"] = str(folder)
        step("Deploying template.yaml to a local AWS")
        outputs = deploy(aws, ROOT / "template.yaml", package, {"MSKClusterArn": CLUSTER})
        print(f"  function {outputs['Function']}\n  bucket   {outputs['IngestionBucket']}")

        step("A Kafka broker")
        broker, servers = start_broker(stack, aws, local)
        print(f"  {TOPIC} with 3 partitions at {servers}")

        step(f"The producer: {RECORDS:,} records, keys by index")
        run(aws, [local, "produce", TOPIC, "--bootstrap-servers", servers, "--rate", "0", "--count", str(RECORDS),
             "--record-to", str(folder / "sent")])

        step("The mapping: batches to the function in the local AWS, as Lambda's own poller hands them over")
        mapping = [local, "map", TOPIC, "--bootstrap-servers", servers, "--event-source-arn", CLUSTER,
                   "--function-name", outputs["Function"], "--endpoint-url", aws.endpoint, "--function-logs", "none",
                   "--batch-size", "1000", "--maximum-batching-window-in-seconds", "1"]
        run(aws, mapping + ["--status-interval", "2", "--exit-when-idle", "1"])

        step("What is in the bucket, compared with what the broker confirmed")
        stored = compare(aws, outputs["IngestionBucket"], folder / "sent")
        print(f"  All {stored:,} records are there exactly once, in order, byte for byte.")

        step("One question in SQL, answered by the local Athena")
        create_table(aws, outputs["Database"], outputs["IngestionBucket"])
        answer = lambda question: ask(aws, outputs["Database"], question)
        show_table(*answer(QUESTION))
        step("Closing prices of N225")
        print("\n".join(chart([float(close) for _, close in answer(SERIES)[1]])))
        step("The crawler that the function started")
        show_crawler(aws, outputs["Crawler"])
        if follow:
            step("Twenty records a second from now on; Ctrl-C ends it")
            follow_rows(aws, local, servers, mapping, answer, folder / "mapping")


def variables(aws):
    """The tool trusts the local AWS's certificate, and acts as an administrator of
    it, whatever account this terminal belongs to."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own["AWS_CA_BUNDLE"] = aws.certificate
    return own | OWN | {"AWS_REGION": REGION} | {name.upper(): value for name, value in ADMIN.items()}


def run(aws, command):
    if subprocess.run(command, env=variables(aws)).returncode:
        raise SystemExit(f"{command[0]} {command[1]} failed; its words are above.")


def start(aws, command, **more):
    """In a session of its own, since Ctrl-C is for this program; where this program is killed, it ends as well."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *command], env=variables(aws), start_new_session=True, **more)


def stop(*processes, within=0.7):
    """Asks all to end before it waits for the first; gives those that had to be killed."""
    for process in processes:
        process.terminate()
    deadline, killed = time.monotonic() + within, []
    for process in processes:
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            killed.append(process)
            process.kill()
            process.wait()
    return killed


def start_broker(stack, aws, local):
    broker = start(aws, [local, "kafka", "--topic", f"{TOPIC}:3"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    stack.callback(stop, broker, within=0)
    line = broker.stdout.readline().decode().strip()
    if not line.startswith("bootstrap.servers="):
        raise SystemExit("The broker did not start: run `local kafka` to see why.")
    return broker, line.split("=", 1)[1]


def compare(aws, bucket, sent):
    """Each partition's lines, object after object, must be its values in the order of their offsets."""
    wanted, found = {}, {}
    for line in sent.read_text().splitlines():
        record = json.loads(line)
        wanted.setdefault(record["partition"], []).append((record["offset"], record["value"]))
    s3 = aws.client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="topics/"):
        for entry in page.get("Contents", []):
            if entry["Key"].endswith("/.crawled"):
                continue  # readers pass over names with a dot
            lines = check_objects.lines_of(entry["Key"], s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
            print(f"  {entry['Size']:>9,} bytes {len(lines):>6,} records  {entry['Key']}")
            _, partition, offset = entry["Key"].rsplit("/", 1)[1].split(".")[0].split("+")
            found.setdefault(int(partition), []).append((int(offset), lines))
    for partition, records in wanted.items():
        expected = [check_objects.line_of(value) for _, value in sorted(records)]
        stored = [line for _, lines in sorted(found.pop(partition, [])) for line in lines]
        if expected != stored and not check_objects.with_metadata(expected, stored):
            raise SystemExit(f"Partition {partition} is not stored as it was sent.")
    if found:
        raise SystemExit(f"Records of partitions that were not sent to: {sorted(found)}")
    return sum(map(len, wanted.values()))


def chart(values, width=72, height=12):
    """A line of closing prices in a terminal; each column is the mean of what falls into it."""
    columns = [values[i * len(values) // width:max((i + 1) * len(values) // width, i * len(values) // width + 1)]
               for i in range(min(width, len(values)))]
    points = [sum(column) / len(column) for column in columns]
    low, high = min(points), max(points)
    scale = (height * 8 - 1) / ((high - low) or 1)
    levels = [int((point - low) * scale) for point in points]
    rows = []
    for row in reversed(range(height)):
        label = f"{low + (high - low) * row / (height - 1):>10,.0f} " if row % 3 == 2 or row in (0, height - 1) else " " * 11
        rows.append("  " + label + "│" + "".join(" ▁▂▃▄▅▆▇█"[max(0, min(8, level - row * 8 + 1))] for level in levels))
    return rows + ["  " + " " * 11 + "└" + "─" * len(points) + f" {len(values)} days"]


def follow_rows(aws, local, servers, mapping, answer, log):
    producer = start(aws, [local, "produce", TOPIC, "--bootstrap-servers", servers, "--rate", "20", "--seed", "2"],
                     stderr=subprocess.DEVNULL)
    with log.open("wb") as file:
        poller = start(aws, mapping, stderr=file)
    try:
        show_rows(answer)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends within a second as it is
        print("\n  Stopping: the mapping finishes its batch", flush=True)
    finally:
        killed = stop(producer, poller)
    print("  The mapping did not finish its last batch" if poller in killed else last_line(log.read_text()), flush=True)


def show_rows(answer):
    last = RECORDS
    while True:
        time.sleep(2)
        count = int(answer("SELECT count(*) FROM stock_market")[1][0][0])
        print(f"  {time.strftime('%H:%M:%S')}  {count:>8,} rows in the table  +{count - last}", flush=True)
        last = count


def last_line(log):
    """What came in all, by the mapping's own last line."""
    found = re.search(r"([\d,]+) records? acknowledged in ([\d,]+) invocations?, .*, ([\d,]+) errors?, ", log)
    if not found:
        return f"  The mapping did not say how it ended: {log[-1000:]}"
    acknowledged, invocations, errors = (int(number.replace(",", "")) for number in found.groups())
    return (f"  {RECORDS + acknowledged:,} rows, {acknowledged:,} of them since the demo began to follow; "
            f"{invocations:,} invocations, {errors:,} errors")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C: nothing is left behind
    try:
        main(pathlib.Path(sys.argv[1]), sys.argv[2], "--follow" in sys.argv[3:])
    except KeyboardInterrupt:
        print("\nStopped.")
        sys.exit(130)
