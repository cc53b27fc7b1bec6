"""S3 and Glue on 127.0.0.1 (ministack), for as long as the parent lives.

    python local_s3.py

prints one line of JSON with the port when the bucket `ingestion` and the crawler `crawler` are there. ministack looks
whether a key exists and stores the object without giving another request a turn between the two: `If-None-Match: *`
is as atomic as at S3. (moto's server has a thread a connection and nothing that keeps two of them apart there.)
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
url = f"http://127.0.0.1:{port}"
log = open(os.path.join(os.environ["SCRATCH"], "ministack.log"), "wb")
server = subprocess.Popen(
    [pathlib.Path(sys.executable).with_name("ministack")], stdout=log, stderr=log, cwd=os.environ["SCRATCH"],
    env={"PATH": os.environ.get("PATH", ""), "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LAMBDA_EXECUTOR": "local",
         "IOT_MTLS_ENABLED": "0", "MINISTACK_REGION": "eu-central-1", "LOG_LEVEL": "ERROR", "TMPDIR": os.environ["SCRATCH"]})
try:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for _ in range(1200):
        try:
            urllib.request.urlopen(url + "/_ministack/health", timeout=2).read()
            break
        except (OSError, urllib.error.URLError):
            if server.poll() is not None:
                raise SystemExit("ministack has ended: " + open(log.name).read()[-2000:])
            time.sleep(0.05)

    def client(service):
        return boto3.client(service, endpoint_url=url, region_name="eu-central-1", aws_access_key_id="test",
                            aws_secret_access_key="test")

    client("s3").create_bucket(
        Bucket="ingestion", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    client("glue").create_crawler(
        Name="crawler", Role="arn:aws:iam::000000000000:role/crawler", DatabaseName="db",
        Targets={"S3Targets": [{"Path": "s3://ingestion/topics/"}]})
    print(json.dumps({"port": port}), flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
finally:
    # Asked to end, it would wait for the connections that the function and its readers still hold. Nothing is kept.
    server.kill()
    server.wait()
