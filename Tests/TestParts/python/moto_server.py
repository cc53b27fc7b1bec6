"""S3, Glue and IAM on a free port of 127.0.0.1 that check signatures and enforce policies (moto)."""

import json
import logging
import os
import urllib.request

# Unset, moto checks nothing from the start: who sets it up turns the checks on by `enforce`.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "1000000"
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
# It would take the first label of the endpoint's name for a bucket.
os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


class Moto:
    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.port = server.get_host_and_port()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def client(self, service, credentials=None):
        made = credentials or {"keyID": "setup", "secret": "setup"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=self.url,
                            aws_access_key_id=made["keyID"], aws_secret_access_key=made["secret"])

    def enforce(self):
        """From now on signatures and policies count."""
        urllib.request.urlopen(urllib.request.Request(
            f"{self.url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})).read()


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(*actions):
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def user(iam, name, *statements):
    """A user's credentials."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"keyID": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def role(iam, sts, name, *statements):
    """A role's name, and credentials of a session in it."""
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    session = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return arn, {"keyID": session["AccessKeyId"], "secret": session["SecretAccessKey"],
                 "token": session["SessionToken"]}


def ingestion(s3, glue, bucket, crawler, role="arn:aws:iam::123456789012:role/crawler"):
    """A bucket, and a crawler of it."""
    s3.create_bucket(Bucket=bucket)
    glue.create_crawler(Name=crawler, Role=role, DatabaseName="db",
                        Targets={"S3Targets": [{"Path": f"s3://{bucket}/topics/"}]})
