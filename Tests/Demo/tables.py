"""The same question of a crawler's table and of one that the function keeps itself, and how long each took to be there.

Both functions get the same batch, of a topic that neither has seen. ministack's crawler takes some seconds and makes no
table, so the one that Glue's would make is created when it has ended; on AWS that is two minutes later.
"""

import subprocess
import sys
import threading
import time

from demo import CLUSTER, ROOT, ask, create_table, show_table
from local_aws import deploy

TOPIC = "closing_prices"
QUESTION = f'SELECT "Index", count(*) AS days, max("Close") AS highest FROM {TOPIC} GROUP BY "Index" ORDER BY "Index"'


class OwnTables:
    """A second stack, with `Catalog=glue`. It is deployed while the demo goes on."""

    def __init__(self, aws, package):
        self.outputs, self.failure = None, None
        self.thread = threading.Thread(target=self.deploy, args=(aws, package), daemon=True)
        self.thread.start()

    def deploy(self, aws, package):
        try:
            parameters = {"MSKClusterArn": CLUSTER, "Catalog": "glue"}
            self.outputs = deploy(aws, package, parameters, stack="kafka-to-s3-tables")
        except Exception as error:  # told by whom it matters to
            self.failure = error

    def stack(self):
        self.thread.join()
        if self.failure:
            raise self.failure
        return self.outputs


def compare(aws, crawled, own):
    """Prints how long each took; ends the demo where they answer differently."""
    event = subprocess.check_output(
        [sys.executable, ROOT / "events/make-batch.py", "--records", "1000", "--topic", TOPIC])
    started, answers = {}, {}
    for name, stack in (("crawler's", crawled), ("own", own)):
        started[name] = time.monotonic()
        answer = aws.client("lambda").invoke(FunctionName=stack["Function"], Payload=event)
        if "FunctionError" in answer:
            raise SystemExit(f"The function with the {name} table failed: {answer['Payload'].read().decode()}")
        if name == "own":
            answers[name] = answered(aws, own, started[name])
    wait_for_crawl(aws, crawled["Crawler"])
    create_table(aws, crawled["Database"], crawled["IngestionBucket"], TOPIC)
    answers["crawler's"] = answered(aws, crawled, started["crawler's"])
    (own_rows, own_took), (rows, took) = answers["own"], answers["crawler's"]
    if own_rows != rows:
        raise SystemExit(f"The two tables answer differently:\n{own_rows}\n{rows}")
    show_table(*own_rows)
    print(f"  {own_took:4.1f} s from the batch to the answer with the function's own table")
    print(f"  {took:4.1f} s with the crawler's: a local crawl; on AWS it takes minutes")


def answered(aws, stack, started):
    return ask(aws, stack["Database"], QUESTION), time.monotonic() - started


def wait_for_crawl(aws, name):
    deadline = time.monotonic() + 20
    while aws.client("glue").get_crawler(Name=name)["Crawler"]["State"] != "READY":
        if time.monotonic() > deadline:
            raise SystemExit(f"The crawl of {name} does not end.")
        time.sleep(0.1)
