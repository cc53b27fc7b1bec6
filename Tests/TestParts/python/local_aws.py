"""The tests' S3, Glue and IAM (moto), with users who may do more and less, and what is asked about its buckets.

    python local_aws.py

prints one line of JSON (ports and credentials) when it is ready, and runs until its parent ends. A JSON object that is
POSTed to the port `questions` names a Python file and a function of it, which is called with this module's `Buckets`
and the object's other members: so each group of tests keeps its questions beside it.
"""

import http.server
import importlib.util
import itertools
import json
import threading

from moto_server import Moto, allow, document, ingestion, role, user
from parent import serve_until_parent_ends


class Buckets:
    """What questions are about: `s3`, `glue` and `iam` for an administrator, and buckets of a test's own."""

    def __init__(self, moto, role, admin):
        self.s3, self.glue, self.iam = (moto.client(service, admin) for service in ("s3", "glue", "iam"))
        self.role, self.numbers = role, itertools.count(1)
        self.glue.create_database(DatabaseInput={"Name": "db"})

    def make(self):
        """A bucket, a crawler of the same name, and a user of that name who may do everything there."""
        name = f"ingestion-{next(self.numbers)}"
        ingestion(self.s3, self.glue, name, name, self.role)
        return {"name": name, "user": user(self.iam, name, allow("s3:*", "glue:*"))}

    def deny(self, bucket, resources):
        """From now on the bucket's user may not write there; no resources mend it."""
        denials = [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": resource} for resource in resources]
        self.iam.put_user_policy(
            UserName=bucket, PolicyName="p", PolicyDocument=document(allow("s3:*", "glue:*"), *denials))

    def entries(self, bucket, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        # Readers pass over names that begin with a dot, as the sign that a crawl was started.
        return [entry for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/.crawled")]

    def objects(self, bucket, prefix=""):
        """{key: (body, metadata)}"""
        answers = {entry["Key"]: self.s3.get_object(Bucket=bucket, Key=entry["Key"])
                   for entry in self.entries(bucket, prefix)}
        return {key: (answer["Body"].read(), answer["Metadata"]) for key, answer in answers.items()}


class Questions(http.server.BaseHTTPRequestHandler):
    modules, lock = {}, threading.Lock()

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, answer = 200, self.answer(question)
        except Exception as error:  # the test says what is wrong, not this process
            status, answer = 500, {"error": repr(error)}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    def answer(self, question):
        path, function = question.pop("file"), question.pop("function")
        return getattr(self.module(path) if path else buckets, function)(*([buckets] if path else []), **question)

    def module(self, path):
        with self.lock:
            if path not in self.modules:
                found = importlib.util.spec_from_file_location(f"questions_{len(self.modules)}", path)
                self.modules[path] = importlib.util.module_from_spec(found)
                found.loader.exec_module(self.modules[path])
            return self.modules[path]

    def log_message(self, *_):
        pass


moto = Moto()
iam, sts = moto.client("iam"), moto.client("sts")
users = {
    "admin": user(iam, "admin", allow("s3:*", "glue:*", "iam:*")),
    "noPut": user(iam, "no-put", allow("s3:ListBucket", "s3:GetObject", "glue:StartCrawler")),
    "noList": user(iam, "no-list", allow("s3:PutObject", "s3:GetObject", "glue:StartCrawler")),
    "noGlue": user(iam, "no-glue", allow("s3:PutObject", "s3:GetObject", "s3:ListBucket")),
    "lister": user(iam, "lister", allow("s3:ListBucket")),
}
arn, users["role"] = role(
    iam, sts, "function", allow("s3:PutObject", "s3:GetObject", "s3:ListBucket", "glue:StartCrawler"))
moto.enforce()
buckets = Buckets(moto, arn, users["admin"])
ingestion(buckets.s3, buckets.glue, "ingestion", "crawler", arn)
questions = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Questions)
threading.Thread(target=questions.serve_forever, daemon=True).start()
serve_until_parent_ends({"port": moto.port, "questions": questions.server_port, "users": users})
