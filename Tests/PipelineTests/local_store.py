"""S3 and IAM on 127.0.0.1 that enforce policies (moto), and a reader that compares what is stored with what was sent.

    python local_store.py

prints one line of JSON when it is ready, and runs until its parent ends. POST a JSON object to the port `reader`: see
the methods of `Reader`. It shares no code with the function or with the tool.
"""

import base64
import collections
import gzip
import http.server
import json
import logging
import os
import threading
import time
import urllib.request

# Unset, moto checks nothing: the set-up below comes first, and the checks are turned on when it is done.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
ALLOW = {"Effect": "Allow", "Action": ["s3:*", "iam:*"], "Resource": "*"}


def client(service, key="setup", secret="setup"):
    return boto3.client(service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}",
                        aws_access_key_id=key, aws_secret_access_key=secret)


def user(iam, name, *denied):
    with_denials = [ALLOW] + [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": r} for r in denied]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": with_denials}))


setup = client("iam")
users = {}
for name in ["admin"] + [f"user-{n}" for n in range(24)]:
    setup.create_user(UserName=name)
    user(setup, name)
    made = setup.create_access_key(UserName=name)["AccessKey"]
    users[name] = {"keyID": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
urllib.request.urlopen(urllib.request.Request(
    f"http://127.0.0.1:{port}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})).read()
s3, iam = (client(service, users["admin"]["keyID"], users["admin"]["secret"]) for service in ("s3", "iam"))


class Reader(http.server.BaseHTTPRequestHandler):
    count = 0

    def make(self):
        """A bucket, and a user, that no other test knows."""
        number, Reader.count = Reader.count, Reader.count + 1
        s3.create_bucket(Bucket=f"ingestion-{number}")
        return {"name": f"ingestion-{number}", "user": f"user-{number}", **users[f"user-{number}"]}

    def deny(self, user_name, resources):
        """From now on this user may not write there; no resources mend it."""
        user(iam, user_name, *resources)
        return {}

    def partitions(self, bucket):
        """How many records are stored of each partition, rows and quarantined ones."""
        found = collections.Counter(place[0] for place, _ in self.stored(bucket)[0])
        return {"counts": {str(partition): count for partition, count in found.items()}}

    def remove(self, bucket, key):
        s3.delete_object(Bucket=bucket, Key=key)
        return {}

    def copy(self, bucket, key, to):
        """With its metadata, as S3 copies."""
        s3.copy_object(Bucket=bucket, Key=to, CopySource={"Bucket": bucket, "Key": key})
        return {}

    def objects(self, bucket, prefix):
        return {"objects": {key: body.decode() for key, body in self.bodies(bucket, prefix)}}

    def compare(self, bucket, sent, topic, without=()):
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
        found, wrong = self.stored(bucket, topic)
        seen = collections.Counter(place for place, _ in found)
        wrong += [f"stored {count} times: {place}" for place, count in seen.items() if count != 1]
        wrong += [f"not stored: {place}" for place in sorted(wanted.keys() - missing - seen.keys())]
        wrong += [f"stored, but not sent: {place}" for place in sorted(seen.keys() - wanted.keys())]
        wrong += [f"stored, but it should not be: {place}" for place in sorted(seen.keys() & missing)]
        wrong += [f"other than sent: {place}: {record}" for place, record in found
                  if place in wanted and not same(wanted[place], record)]
        return {"wrong": wrong[:20], "count": len(seen)}

    def stored(self, bucket, topic=None):
        """([((partition, offset), record)], faults)"""
        found, wrong = [], []
        for prefix in ("topics/", "errors/"):
            for key, body in self.bodies(bucket, prefix):
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

    def bodies(self, bucket, prefix):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                if entry["Key"].endswith("/.crawled"):
                    continue  # readers pass over names with a dot
                body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield entry["Key"], gzip.decompress(body) if entry["Key"].endswith(".gz") else body

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, answer = 200, getattr(self, request.pop("do"))(**request)
        except Exception as error:  # the test says what is wrong, not this process
            status, answer = 500, {"error": repr(error)}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


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


reader = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reader)
threading.Thread(target=reader.serve_forever, daemon=True).start()
print(json.dumps({"port": port, "reader": reader.server_port}), flush=True)
# Nobody is told when the test process ends: look whether it is still there.
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.5)
os._exit(0)
