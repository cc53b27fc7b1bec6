"""S3, Glue and IAM on 127.0.0.1 that check signatures and enforce policies (moto), and a reader of what they hold.

    python local_aws.py

prints one line of JSON (ports and credentials) when it is ready, and runs until its parent ends. POST a JSON object
to the port `reader` to have buckets made, compared and listed: see the functions of `Reader`.
"""

import http.server
import json
import logging
import os
import threading
import time
import urllib.request

# Unset, moto checks nothing: the set-up below comes first, and the checks are turned on when it is done.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

import stored  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]


def client(service, key="setup", secret="setup"):
    return boto3.client(service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}",
                        aws_access_key_id=key, aws_secret_access_key=secret)


def policy(*actions, resource="*"):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": list(actions), "Resource": resource}]})


def user(name, *actions):
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*actions))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"keyID": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


iam = client("iam")
users = {
    "admin": user("admin", "s3:*", "glue:*"),
    "noPut": user("no-put", "s3:ListBucket", "s3:GetObject", "glue:StartCrawler"),
    "noList": user("no-list", "s3:PutObject", "s3:GetObject", "glue:StartCrawler"),
    "noGlue": user("no-glue", "s3:PutObject", "s3:GetObject", "s3:ListBucket"),
}
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
iam.put_role_policy(RoleName="function", PolicyName="p", PolicyDocument=policy(
    "s3:PutObject", "s3:GetObject", "s3:ListBucket", "glue:StartCrawler"))
session = client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
users["role"] = {"keyID": session["AccessKeyId"], "secret": session["SecretAccessKey"],
                 "token": session["SessionToken"]}
urllib.request.urlopen(urllib.request.Request(
    f"http://127.0.0.1:{port}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})).read()

s3, glue = (client(service, users["admin"]["keyID"], users["admin"]["secret"]) for service in ("s3", "glue"))
glue.create_database(DatabaseInput={"Name": "db"})


class Reader(http.server.BaseHTTPRequestHandler):
    count = 0

    def make(self):
        """A bucket and a crawler that no other test knows."""
        Reader.count += 1
        name = f"ingestion-{Reader.count}"
        s3.create_bucket(Bucket=name)
        glue.create_crawler(Name=name, Role=role, DatabaseName="db",
                            Targets={"S3Targets": [{"Path": f"s3://{name}/topics/"}]})
        return {"name": name}

    def check(self, bucket, events, **settings):
        return {"wrong": stored.check(events, self.objects(bucket), **settings)}

    def keys(self, bucket):
        """Each key with the moment and the tag of its last writing."""
        return {"keys": sorted(f"{entry['Key']} {entry['ETag']} {entry['LastModified'].isoformat()}"
                               for entry in self.entries(bucket))}

    def put(self, bucket, key, body):
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
        return {}

    def crawls(self, bucket):
        """How often the crawler was started; moto lets a crawl end when it is asked this."""
        return {"count": len(glue.list_crawls(CrawlerName=bucket)["Crawls"])}

    def entries(self, bucket):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        # Readers pass over names that begin with a dot, as the sign that a crawl was started.
        return [entry for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/.crawled")]

    def objects(self, bucket):
        answers = {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"]) for entry in self.entries(bucket)}
        return {key: (answer["Body"].read(), answer["Metadata"]) for key, answer in answers.items()}

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


reader = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reader)
threading.Thread(target=reader.serve_forever, daemon=True).start()
print(json.dumps({"port": port, "reader": reader.server_port, "users": users}), flush=True)
# Nobody is told when the test process ends: look whether it is still there.
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.5)
os._exit(0)
