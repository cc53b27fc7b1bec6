"""S3 and Glue on 127.0.0.1 (ministack), for as long as the parent lives.

    python local_s3.py

prints one line of JSON with the port when the bucket `ingestion` and the crawler `crawler` are there. ministack looks
whether a key exists and stores the object without giving another request a turn between the two: `If-None-Match: *`
is as atomic as at S3. (moto's server has a thread for each connection and nothing that keeps two of them apart there.)
"""

import signal
import sys

from ministack_server import REGION, LocalAWS
from parent import serve_until_parent_ends

with LocalAWS(secure=False) as aws:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    aws.client("s3").create_bucket(Bucket="ingestion", CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.client("glue").create_crawler(
        Name="crawler", Role="arn:aws:iam::000000000000:role/crawler", DatabaseName="db",
        Targets={"S3Targets": [{"Path": "s3://ingestion/topics/"}]})
    serve_until_parent_ends({"port": aws.port})
