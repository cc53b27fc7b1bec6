#!/usr/bin/env python3
"""A function that writes down what it is given, one JSON line for each event, fails on a record that says poison, and
takes its time over one that says slow: it says so in a file, and answers two seconds later.

An independent reader of the events: it shares no code with the tool that makes them.
"""

import base64
import json
import os
import time
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"

while True:
    with urllib.request.urlopen(f"{API}/invocation/next") as answer:
        body, request = answer.read(), answer.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(body)
    records = [record for found in event.pop("records").values() for record in found]
    texts = [base64.b64decode(r["value"] or "").decode("utf-8", "replace") for r in records]
    poisoned = any("poison" in text for text in texts)
    if any(text == "slow" for text in texts):
        open(os.environ["RECORDER_FILE"] + ".slow", "w").close()
        time.sleep(2)
    with open(os.environ["RECORDER_FILE"], "a") as file:
        line = {"size": len(body), "failed": poisoned, "offsets": [r["offset"] for r in records], **event}
        if len(body) < 10_000:
            line["records"] = records
        file.write(json.dumps(line) + "\n")
    if poisoned:
        url, reply = f"{API}/invocation/{request}/error", {"errorType": "Function.Poison", "errorMessage": "poison"}
    else:
        url, reply = f"{API}/invocation/{request}/response", {}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(reply).encode(), method="POST")).read()
