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
import screen
import tables
from demo import CLUSTER, ROOT, ask, create_table, show_crawler, show_object, show_table, step
from following import Display, Mapping
from local_aws import ADMIN, REGION, LocalAWS, deploy

TOPIC, RECORDS = "stock_market", 4200
OWN = {}  # variables of every command besides those of the local AWS
QUESTION = """
SELECT "Index", count(*) AS days, min("Low") AS lowest, max("High") AS highest, max_by("Close", "Date") AS last_close
FROM stock_market GROUP BY "Index" ORDER BY "Index"
"""
NEWEST = "SELECT count(*), max(kafka_timestamp) FROM stock_market"
SERIES = 'SELECT "Date", "Close" FROM stock_market WHERE "Index" = \'N225\' ORDER BY "Date"'

NEXT = """\
  ./build.sh demo --follow                records keep coming, with a chart
  ./build.sh invoke events/awkward.json   how records that are no rows end
  ./build.sh local event --topic orders my.jsonl > /tmp/event.json
  ./build.sh invoke /tmp/event.json       lines of your own, as rows
  ./build.sh local --help                 a broker, a producer, the mapping
  ./build.sh deploy OwnBroker=true StockMarketProducer=true   on AWS"""


def main(package, local, follow):
    with contextlib.ExitStack() as stack:
        aws = stack.enter_context(LocalAWS())
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pipeline-")))
        # Commands find a broker by themselves; here they must find none but this one.
        OWN["XDG_RUNTIME_DIR"] = str(folder)
        step("Deploying template.yaml to a local AWS")
        outputs = deploy(aws, package, {"MSKClusterArn": CLUSTER})
        print(f"  function {outputs['Function']}\n  bucket   {outputs['IngestionBucket']}")
        own = tables.OwnTables(aws, package)

        step("A Kafka broker")
        broker, servers = start_broker(stack, aws, local)
        print(f"  {TOPIC} with 3 partitions at {servers}")

        step(f"The producer: {RECORDS:,} records, keys by index")
        run(aws, [local, "produce", TOPIC, "--bootstrap-servers", servers, "--rate", "0", "--count", str(RECORDS),
             "--record-to", str(folder / "sent")])

        step("The mapping: batches to the function, as Lambda's own poller sends them")
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
        closes = [float(close) for _, close in answer(SERIES)[1]]
        step(f"Closing prices of N225, {len(closes)} days")
        print("\n".join(screen.chart(closes)))
        step("The crawler that the function started")
        show_crawler(aws, outputs["Crawler"])
        step("One question, of the function's own table (Catalog=glue) and of a crawler's")
        tables.compare(aws, outputs, own.stack())
        if follow:
            step("Twenty records per second from now on; Ctrl-C stops it")
            follow_rows(aws, local, servers, mapping, answer)
        else:
            step("What to try next")
            print(NEXT)


def variables(aws):
    """The tool trusts the local AWS's certificate, and acts as an administrator of
    it, whatever account this terminal belongs to."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own["AWS_CA_BUNDLE"] = aws.certificate
    return own | OWN | {"AWS_REGION": REGION} | {name.upper(): value for name, value in ADMIN.items()}


def run(aws, command):
    if subprocess.run(command, env=variables(aws)).returncode:
        raise SystemExit(f"{command[0]} {command[1]} failed; see its output above.")


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
        raise SystemExit("The broker did not start: run `./build.sh local kafka` to see why.")
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
            show_object(entry["Key"], entry["Size"], len(lines))
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


def follow_rows(aws, local, servers, mapping, answer):
    producer = start(aws, [local, "produce", TOPIC, "--bootstrap-servers", servers, "--rate", "20", "--seed", "2"],
                     stderr=subprocess.DEVNULL)
    poller = start(aws, mapping + ["--status-interval", "1"], stderr=subprocess.PIPE, text=True)
    said = Mapping(poller.stderr)
    try:
        show_rows(Display(said, RECORDS), answer)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends within a second as it is
        print("\n  Stopping: the mapping finishes its batch", flush=True)
    finally:
        killed = stop(producer, poller)
    print("  The mapping did not finish its last batch" if poller in killed else last_line(said.end()), flush=True)


def show_rows(display, answer):
    while True:
        time.sleep(1)
        count, newest = answer(NEWEST)[1][0]
        display.tick(int(count), int(newest) if newest else None)


def last_line(said):
    """What came in all, by the mapping's own last line."""
    found = re.search(r"([\d,]+) records? acknowledged in ([\d,]+) invocations?, .*, ([\d,]+) errors?, ", said)
    if not found:
        return f"  The mapping did not say how it ended: {said[-1000:]}"
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
