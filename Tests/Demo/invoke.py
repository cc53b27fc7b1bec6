"""One event through the built bootstrap under AWS's Runtime Interface Emulator, writing to a local S3 and Glue."""

import base64
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request

import check_objects
import screen
from demo import show_objects, step
from local_aws import ADMIN, REGION, LocalAWS

BUCKET, DATABASE, CRAWLER = "ingestion", "kafka", "kafka"


def main(emulator, bootstrap, event):
    with LocalAWS() as aws:
        set_up(aws)
        with running(emulator, bootstrap, aws) as url:
            request = urllib.request.Request(url, pathlib.Path(event).read_bytes(),
                                             {"Content-Type": "application/json"})
            step("The function's log")
            try:
                answer = urllib.request.urlopen(request, timeout=120).read().decode()
            except urllib.error.HTTPError as error:  # 502: the function could not even start
                answer = error.read().decode()
        step("Its answer")
        print("\n".join(answer_lines(answer)))
        step("Objects written")
        bucket = show_objects(aws, BUCKET)
        show_contents(bucket)
        wrong = [] if "errorType" in answer else misplaced(event, bucket)
        for line in wrong:
            print(f"  {line}")
        step("Crawler")
        print("  " + aws.client("glue").get_crawler(Name=CRAWLER)["Crawler"]["State"])
    return 1 if "errorType" in answer or wrong else 0


def answer_lines(answer):
    """An error as sentences, which are long; any other answer as it is."""
    try:
        error = json.loads(answer)
    except ValueError:
        error = None
    if not isinstance(error, dict) or "errorType" not in error:
        return [f"  {answer}"]
    text = screen.plain(f"{error['errorType']}: {error.get('errorMessage', '')}")
    if not screen.is_live():
        return [f"  {text}"]
    # Not at hyphens, and not within a word: keys and ARNs are to be copied.
    return textwrap.wrap(text, screen.size().columns - 3, initial_indent="  ", subsequent_indent="  ",
                         break_long_words=False, break_on_hyphens=False)


ROWS = 3  # shown of each object
OBJECTS = 10  # shown of each kind


def show_contents(bucket):
    """The first rows of each object, and of what was quarantined each reason with the value."""
    errors = os.environ.get("ERRORS_PREFIX") or "errors"
    rows = {key: body for key, body in bucket.items() if not key.startswith(errors + "/")}
    quarantined = {key: body for key, body in bucket.items() if key not in rows}
    kinds = [("The first rows of them", rows, first_rows), ("Why records are quarantined", quarantined, reasons)]
    for title, objects, shown in kinds:
        if not objects:
            continue
        step(title)
        for key, body in list(objects.items())[:OBJECTS]:
            print(screen.cut(f"  {key.rsplit('/', 1)[1]}"))
            for line in shown(check_objects.lines_of(key, body)):
                print(screen.cut("    " + screen.plain(line)))
        if len(objects) > OBJECTS:
            print(f"  and {len(objects) - OBJECTS:,} more objects")


def first_rows(lines):
    yield from (line.decode("utf-8", "replace") for line in lines[:ROWS])
    if len(lines) > ROWS:
        yield f"and {len(lines) - ROWS:,} more"


def reasons(lines):
    """Each reason, how often, and the first record of it."""
    found = {}
    for record in map(json.loads, lines):
        found.setdefault(record["reason"], []).append(record)
    for reason, records in found.items():
        first = records[0]
        yield f"{reason} {len(records):,}: {first['topic']}-{first['partition']}@{first['offset']}  {value_of(first)}"


def value_of(record):
    value = record.get("value")
    try:
        data = None if value is None else base64.b64decode(value, validate=True)
        return "no value" if data is None else data.decode("utf-8", "backslashreplace")
    except ValueError:
        return value


def misplaced(event, bucket):
    """What is not as it should be, where the function runs with its defaults (otherwise objects look different)."""
    if os.environ.keys() & {"INGESTION_PREFIX", "ERRORS_PREFIX", "TIME_PARTITION", "COMPRESSION"}:
        return []
    return check_objects.compare([json.loads(pathlib.Path(event).read_bytes())], bucket)


def set_up(aws):
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws.client("iam").create_role(
        RoleName="crawler", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    aws.client("glue").create_crawler(
        Name=CRAWLER, Role=role["Role"]["Arn"], DatabaseName=DATABASE,
        Targets={"S3Targets": [{"Path": f"s3://{BUCKET}/topics/"}]})


@contextlib.contextmanager
def running(emulator, bootstrap, aws):
    """The emulator with the function behind it; variables already set win, so that settings can be tried out."""
    web, api = free_ports(2)
    environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "kafka-to-s3", "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        "INGESTION_BUCKET": BUCKET, "CRAWLER_NAME": CRAWLER, "AWS_LAMBDA_LOG_FORMAT": "JSON",
        **os.environ,
        "AWS_ENDPOINT_URL": aws.endpoint, "AWS_CA_BUNDLE": aws.certificate,
        **{name.upper(): value for name, value in ADMIN.items()},
    }
    environment.pop("AWS_SESSION_TOKEN", None)
    process = subprocess.Popen(
        [emulator, "--log-level", "error", "--runtime-interface-emulator-address", f"127.0.0.1:{web}",
         "--runtime-api-address", f"127.0.0.1:{api}", bootstrap],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    log = threading.Thread(target=show_log, args=(process.stdout,))
    log.start()
    try:
        listening(web, process)
        yield f"http://127.0.0.1:{web}/2015-03-31/functions/function/invocations"
    finally:
        process.terminate()
        process.wait()
        log.join()


def show_log(lines):
    """As it comes. The emulator measures neither memory nor the start: what its REPORT says of them is its own."""
    for line in lines:
        if line.startswith("REPORT "):
            line = re.sub(r"\t(Init Duration|Memory Size|Max Memory Used): [^\t\n]*", "", line)
        print(line, end="", flush=True)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for found in sockets:
            found.bind(("127.0.0.1", 0))
        return [found.getsockname()[1] for found in sockets]


def listening(port, process):
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise SystemExit("The runtime emulator ended at once; its words are above.")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
