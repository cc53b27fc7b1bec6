"""What the tests of the pipeline ask about a bucket; see TestParts/python/local_aws.py. It shares no code with the
function or with the tool."""

import base64
import collections
import gzip
import json


def partitions(buckets, bucket):
    """How many records are stored of each partition, rows and quarantined ones."""
    found = collections.Counter(place[0] for place, _ in stored(buckets, bucket)[0])
    return {"counts": {str(partition): count for partition, count in found.items()}}


def remove(buckets, bucket, key):
    buckets.s3.delete_object(Bucket=bucket, Key=key)


def copy(buckets, bucket, key, to):
    """With its metadata, as S3 copies."""
    buckets.s3.copy_object(Bucket=bucket, Key=to, CopySource={"Bucket": bucket, "Key": key})


def objects(buckets, bucket, prefix):
    return {"objects": {key: body.decode() for key, body in bodies(buckets, bucket, prefix)}}


def compare(buckets, bucket, sent, topic, without=()):
    """What is wrong, at most 20 faults: each record of the file `sent`, but for the [partition, offset] pairs
    `without`, must be stored once, as it was sent, in order."""
    missing = {tuple(place) for place in without}
    wanted = {}
    with open(sent) as lines:
        for line in lines:
            record = json.loads(line)
            place = record["partition"], record["offset"]
            if place in wanted:
                return {"wrong": [f"sent twice: {place}"], "count": 0}
            wanted[place] = record
    found, wrong = stored(buckets, bucket, topic)
    seen = collections.Counter(place for place, _ in found)
    wrong += [f"stored {count} times: {place}" for place, count in seen.items() if count != 1]
    wrong += [f"not stored: {place}" for place in sorted(wanted.keys() - missing - seen.keys())]
    wrong += [f"stored, but not sent: {place}" for place in sorted(seen.keys() - wanted.keys())]
    wrong += [f"stored, but it should not be: {place}" for place in sorted(seen.keys() & missing)]
    wrong += [f"other than sent: {place}: {record}" for place, record in found
              if place in wanted and not same(wanted[place], record)]
    return {"wrong": wrong[:20], "count": len(seen)}


def stored(buckets, bucket, topic=None):
    """([((partition, offset), record)], faults)"""
    found, wrong = [], []
    for prefix in ("topics/", "errors/"):
        for key, body in bodies(buckets, bucket, prefix):
            name = key.rsplit("/", 1)[1]
            places = []
            for line in body.split(b"\n")[:-1]:
                record = json.loads(line)
                if prefix == "topics/":
                    place = record["kafka_partition"], record["kafka_offset"]
                else:
                    place = record["partition"], record["offset"]
                places.append(place)
                found.append((place, record))
            if places != sorted(places):
                wrong.append(f"out of order: {key}")
            first = f"+{places[0][0]}+{places[0][1]:020d}" if places else "?"
            if first not in name or (topic and not name.startswith(topic + "+")):
                wrong.append(f"named otherwise than its first record: {key}")
    return found, wrong


def bodies(buckets, bucket, prefix):
    for key, (body, _) in buckets.objects(bucket, prefix).items():
        yield key, gzip.decompress(body) if key.endswith(".gz") else body


def same(sent, record):
    """A row is the value and fields that begin with kafka_; a quarantined record has value, key and headers as sent."""
    key = sent["key"]
    if "reason" in record:
        headers = [[header["key"], header["value"]] for header in record["headers"]]
        return record["value"] == sent["value"] and record.get("key") == key and headers == sent["headers"]
    plain = {name: value for name, value in record.items() if not name.startswith("kafka_")}
    return plain == json.loads(base64.b64decode(sent["value"])) and same_key(record.get("kafka_key"), key)


def same_key(stored, sent):
    if sent is None or stored is None:
        return sent is None and stored is None
    return stored == sent or stored == base64.b64decode(sent).decode("utf-8", "replace")
