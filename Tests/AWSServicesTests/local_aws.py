"""S3, Glue and IAM on 127.0.0.1 that check signatures and enforce policies: moto.

    python local_aws.py

prints one line of JSON (port and credentials) when it is ready, and runs until its parent ends. There are the bucket
`ingestion` and the crawler `crawler`; `full` may do everything, `role` too, with a session token, `reader` may read.
"""

import json
import os
import time

# Unset, moto checks nothing: the set-up below comes first, and the checks are turned on when it is done.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

import logging  # noqa: E402
import urllib.request  # noqa: E402

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f"http://127.0.0.1:{port}"


def client(service):
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, aws_access_key_id="setup",
                        aws_secret_access_key="setup")


def policy(*actions):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


def user(name, *actions):
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*actions))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"accessKeyID": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


iam = client("iam")
full = user("full", "s3:*", "glue:*")
reader = user("reader", "s3:ListBucket")
trust = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
iam.put_role_policy(RoleName="function", PolicyName="p", PolicyDocument=policy("s3:*", "glue:*"))
session = client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
client("s3").create_bucket(Bucket="ingestion")
glue = client("glue")
glue.create_database(DatabaseInput={"Name": "db"})
glue.create_crawler(Name="crawler", Role=role, DatabaseName="db",
                    Targets={"S3Targets": [{"Path": "s3://ingestion/topics/"}]})

urllib.request.urlopen(urllib.request.Request(
    url + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}, method="POST")).read()
print(json.dumps({
    "port": port, "full": full, "reader": reader,
    "role": {"accessKeyID": session["AccessKeyId"], "secret": session["SecretAccessKey"],
             "token": session["SessionToken"]},
}), flush=True)
# Nobody is told when the test process ends: look whether it is still there.
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.5)
os._exit(0)
