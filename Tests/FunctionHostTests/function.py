#!/usr/bin/env python3
"""A function that does what the event says, to see what its host makes of it."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def post(path, body):
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{API}/{path}", body, method="POST")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


if os.environ.get("FAILS_TO_START"):
    post("init/error", b'{"errorType":"Function.NoBucket","errorMessage":"set a bucket"}')
    sys.exit(1)
last = None
while True:
    with urllib.request.urlopen(f"{API}/invocation/next") as answer:
        event, headers = json.loads(answer.read()), answer.headers
    request = headers["Lambda-Runtime-Aws-Request-Id"]
    print("doing", event["do"], flush=True)
    match event["do"]:
        case "fail":
            post(f"invocation/{request}/error", b'{"errorType":"Function.Refused","errorMessage":"no"}')
        case "exit":
            sys.exit(7)
        case "sleep":
            time.sleep(60)
        case "answer too much":
            last = post(f"invocation/{request}/response", b'"' + b"x" * 6_291_556 + b'"')
        case _:
            reply = {"process": os.getpid(), "name": os.environ["AWS_LAMBDA_FUNCTION_NAME"], "last": last,
                     "deadline": int(headers["Lambda-Runtime-Deadline-Ms"]) - int(time.time() * 1000)}
            post(f"invocation/{request}/response", json.dumps(reply).encode())
