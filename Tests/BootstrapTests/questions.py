"""What the tests of the binary ask about a bucket; see TestParts/python/local_aws.py."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import stored  # noqa: E402


def check(buckets, bucket, events, **settings):
    return {"wrong": stored.check(events, buckets.objects(bucket), **settings)}


def keys(buckets, bucket):
    """Each key with the moment and the tag of its last writing."""
    return {"keys": sorted(f"{entry['Key']} {entry['ETag']} {entry['LastModified'].isoformat()}"
                           for entry in buckets.entries(bucket))}


def put(buckets, bucket, key, body):
    buckets.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())


def crawls(buckets, bucket):
    """How often the crawler was started; moto lets a crawl end when it is asked this."""
    return {"count": len(buckets.glue.list_crawls(CrawlerName=bucket)["Crawls"])}
