"""The main job from end to end on this machine: the template deployed, sample batches in, objects and a table out."""

import base64
import json
import pathlib
import subprocess
import sys
import time

import check_objects
import screen
from local_aws import REGION, LocalAWS, deploy, read_template

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = f"arn:aws:kafka:{REGION}:123456789012:cluster/example/751d2973-a626-431c-9d4e-d7975eb44dd7-2"


def main(package):
    samples = {name: (ROOT / "events" / f"{name}.json").read_bytes()
               for name in ("msk", "self-managed", "awkward", "empty")}
    samples["10,000 records"] = subprocess.check_output([sys.executable, ROOT / "events/make-batch.py"])
    samples["msk, once more"] = samples["msk"]  # redelivered, as Kafka may do at any time: nothing may be doubled

    with LocalAWS() as aws:
        step("Deploying template.yaml to a local AWS")
        stack = deploy(aws, package, {"MSKClusterArn": CLUSTER})
        print(f"  function {stack['Function']}\n  bucket   {stack['IngestionBucket']}\n  crawler  {stack['Crawler']}")

        step("Invoking the function with the sample batches")
        for name, event in samples.items():
            invoke(aws, stack["Function"], name, event)

        step("What is in the bucket, read back with Python's gzip and json")
        bucket = show_objects(aws, stack["IngestionBucket"])
        events = [json.loads(event) for name, event in samples.items() if name != "msk, once more"]
        wrong = check_objects.compare(events, bucket)
        if wrong:
            raise SystemExit("Not every record is in its place:\n  " + "\n  ".join(wrong))
        records = sum(len(check_objects.records_of(event)) for event in events)
        print(f"  All {records:,} records are there exactly once, in the right place, byte for byte.")

        step("A saved query of the template (latest price by index), answered by the local Athena")
        create_table(aws, stack["Database"], stack["IngestionBucket"])
        show_table(*ask(aws, stack["Database"], saved_query("LatestPrice")))

        step("The crawler that the function started")
        show_crawler(aws, stack["Crawler"])


def step(text):
    print(f"\n== {text}", flush=True)


def invoke(aws, function, name, event):
    started = time.monotonic()
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=event, LogType="Tail")
    took = (time.monotonic() - started) * 1000
    payload = answer["Payload"].read().decode()
    log = base64.b64decode(answer.get("LogResult", "")).decode()
    if "FunctionError" in answer:
        raise SystemExit(f"The function failed on {name}: {payload}\nIts log:\n{log}")
    print(f"  {name:15} {len(event):>9,} bytes  {took:5.0f} ms  answer {payload}")
    for line in filter(None, log.splitlines()):
        print(f"      {line}")


def show_objects(aws, name):
    """Prints key, size and number of lines of each object; gives {key: body}."""
    s3, bodies = aws.client("s3"), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", []):
            if entry["Key"].endswith("/.crawled"):
                continue  # readers pass over names with a dot
            body = bodies[entry["Key"]] = s3.get_object(Bucket=name, Key=entry["Key"])["Body"].read()
            show_object(entry["Key"], len(body), len(check_objects.lines_of(entry["Key"], body)))
    return bodies


def show_object(key, size, count):
    """On one line where it fits, otherwise the folder on one of its own: keys are to be read to their ends."""
    line = f"  {size:>9,} bytes {count:>6,} records  {key}"
    if len(line) < screen.size().columns or not screen.is_live():
        return print(line)
    folder, name = key.rsplit("/", 1)
    print(f"  {folder}/\n{line.removesuffix(key)}{name}")


def create_table(aws, database, bucket, topic="stock_market"):
    """ministack's crawler finds no tables, so this is the one that Glue's makes of a topic's folder."""
    types = {"Index": "string", "Date": "string"}  # all others are doubles
    columns = ["Index", "Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "CloseUSD"]
    aws.client("glue").create_table(DatabaseName=database, TableInput={
        "Name": topic, "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "json"},
        "PartitionKeys": [{"Name": "dt", "Type": "string"}, {"Name": "hour", "Type": "string"}],
        "StorageDescriptor": {
            "Location": f"s3://{bucket}/topics/{topic}/",
            "Columns": [{"Name": name.lower(), "Type": types.get(name, "double")} for name in columns],
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}}})


def saved_query(name, table="stock_market"):
    """The text of one of the template's named queries, for a table of that name."""
    text, _ = read_template(ROOT / "template.yaml")["Resources"][name]["Properties"]["QueryString"]["Fn::Sub"]
    return text.replace("${Table}", table)


def ask(aws, database, question):
    """(columns, rows) that Athena answers."""
    athena = aws.client("athena")
    query = athena.start_query_execution(
        QueryString=question, QueryExecutionContext={"Database": database},
        ResultConfiguration={"OutputLocation": "s3://deployment-artifacts/athena/"})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    if status["State"] != "SUCCEEDED":
        raise SystemExit(f"Athena: {status.get('StateChangeReason')}")
    rows = [[cell.get("VarCharValue", "") for cell in row["Data"]]
            for row in athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]]
    return rows[0], rows[1:]


def show_table(columns, rows):
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, ["-" * width for width in widths], *rows]:
        print(screen.cut("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
              if screen.is_live() else "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)))


def show_crawler(aws, name):
    deadline = time.monotonic() + 15
    while True:
        crawler = aws.client("glue").get_crawler(Name=name)["Crawler"]
        last = crawler.get("LastCrawl")
        if last or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    if not last:
        raise SystemExit(f"The crawler was never started; its state is {crawler['State']}")
    print(f"  {name}: {crawler['State']}, last crawl {last['Status']}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
