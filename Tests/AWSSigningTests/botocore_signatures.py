"""Random requests and the signatures that botocore, AWS's own implementation, gives them.

    python botocore_signatures.py SEED COUNT

prints one JSON object a line: the request as a caller states it, what is sent, and the Authorization header.
"""

import datetime
import json
import random
import sys
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ALPHABETS = [
    "abcXYZ019",
    "-._~/ +=@:,()%'!*&?#$;[]\"<>\\^`{|}",
    "äß€漢😀\u0301\u00a0",
]


def text(rng, most, least=0, without=""):
    out = []
    for _ in range(rng.randint(least, most)):
        character = rng.choice(ALPHABETS[0] if rng.random() < 0.6 else rng.choice(ALPHABETS))
        if character not in without:
            out.append(character)
    return "".join(out)


def path(rng):
    segments = [rng.choice(["", ".", "..", text(rng, 12, without="/")]) if rng.random() < 0.3
                else text(rng, 12, 1, without="/") for _ in range(rng.randint(0, 6))]
    return "/" + "/".join(segments)


def stop_the_clock(moment):
    """From now on botocore signs as of then."""
    class Clock(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return moment.replace(tzinfo=None)

        @classmethod
        def now(cls, tz=None):
            return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    botocore.auth.datetime = type(sys)("datetime")
    botocore.auth.datetime.datetime = Clock
    botocore.auth.datetime.timezone = datetime.timezone
    botocore.auth.datetime.timedelta = datetime.timedelta
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: (
            moment.replace(tzinfo=None) if remove_tzinfo else moment)


def one(rng):
    s3 = rng.random() < 0.7
    raw_path = path(rng)
    query = [[text(rng, 8, 1) or "q", text(rng, 10)] for _ in range(rng.randint(0, 4))]
    query = [[name, value] for index, (name, value) in enumerate(query)
             if name not in [other for other, _ in query[:index]]]
    headers = {"x-amz-meta-" + text(rng, 6, 1, without=ALPHABETS[1] + ALPHABETS[2]).lower() + str(index):
               rng.choice(["", " ", "  ", "a "]) + text(rng, 12, without=ALPHABETS[2]) + rng.choice(["", "  "])
               for index in range(rng.randint(0, 4))}
    if rng.random() < 0.5:
        headers["If-None-Match"] = "*"
    body = rng.randbytes(rng.randint(0, 64))
    region = rng.choice(["us-east-1", "eu-central-1", "cn-north-1"])
    service = "s3" if s3 else rng.choice(["glue", "logs"])
    host = rng.choice(["example-bucket.s3.amazonaws.com", "127.0.0.1:9000", "glue.eu-central-1.amazonaws.com"])
    method = rng.choice(["GET", "PUT", "HEAD", "POST"])
    credentials = Credentials("AKID" + text(rng, 8, without=ALPHABETS[1] + ALPHABETS[2]), text(rng, 40, 1) or "s",
                              rng.choice([None, text(rng, 60, 1, without=ALPHABETS[2]).strip() or "t"]))
    moment = datetime.datetime.fromtimestamp(rng.randint(0, 4_000_000_000), datetime.timezone.utc)
    stop_the_clock(moment)
    request = AWSRequest(method, "http://" + host + quote(raw_path, safe="/~"), headers=dict(headers),
                         data=body, params=dict(query))
    # An http URL makes botocore sign UNSIGNED-PAYLOAD only where it is told to; it is not.
    request.context["client_config"] = None
    request.context["payload_signing_enabled"] = True
    kind = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
    kind(credentials, service, region).add_auth(request)
    return {
        "rules": "s3" if s3 else "generic", "service": service, "region": region, "method": method, "host": host,
        "path": raw_path, "query": query, "headers": list(headers.items()), "payload": body.hex(),
        "accessKeyID": credentials.access_key, "secret": credentials.secret_key, "token": credentials.token,
        "milliseconds": int(moment.timestamp()) * 1000,
        "authorization": request.headers["Authorization"],
    }


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(json.dumps(one(rng)))


main()
