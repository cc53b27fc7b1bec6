"""A local AWS (ministack), for those that need Lambda, CloudFormation or writes that are as atomic as S3's: started on
a free port, stopped by its pid."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import authority
import boto3
from botocore.config import Config

REGION = "eu-central-1"
ADMIN = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


class LocalAWS:
    """`with LocalAWS() as aws:` gives `aws.client("s3")` and so on, for an administrator of the account.

    `secure`: behind TLS, and enforcing IAM's policies. Otherwise neither.
    """

    def __init__(self, secure=True):
        self.secure = secure

    def __enter__(self):
        self.clients, self.folder, self.certificate = {}, tempfile.mkdtemp(prefix="local-aws-"), None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"
        self.log = pathlib.Path(self.folder, "log")
        # In a session of its own, with the functions that it runs: Ctrl-C is for this program, which ends them in
        # order. Where this program is killed, it ends as well.
        program = ["setpriv", "--pdeathsig", "TERM", pathlib.Path(sys.executable).with_name("ministack")]
        environment = self._environment()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                program, env=environment, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _environment(self):
        # Without PYTHONPATH: modules of the tests must not stand in for its own.
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("AWS_") and name != "PYTHONPATH"}
        environment = kept | {
            "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "LAMBDA_EXECUTOR": "local",
            "MINISTACK_REGION": REGION, "IOT_MTLS_ENABLED": "0", "TMPDIR": self.folder}
        if not self.secure:
            return environment | {"LOG_LEVEL": "ERROR"}
        # The template's buckets refuse all but TLS.
        certificate, key = authority.self_signed(self.folder)
        self.certificate = str(certificate)
        return environment | {
            "AUTH": "true", "USE_SSL": "1", "MINISTACK_SSL_CERT": self.certificate, "MINISTACK_SSL_KEY": str(key),
            # Handed on to the functions that it runs:
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_CA_BUNDLE": self.certificate}

    def _wait(self):
        deadline = time.monotonic() + 60
        trust = ssl.create_default_context(cafile=self.certificate) if self.secure else None
        while time.monotonic() < deadline and not self._has_ended():
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2, context=trust):
                    return
            time.sleep(0.05)
        raise SystemExit(f"The local AWS did not start; its log:\n{self.log.read_text()[-3000:]}")

    def __exit__(self, *_):
        for client in self.clients.values():
            client.close()
        # Asked to end, it would wait ten seconds for open connections, those of the functions that it runs among them.
        # Nothing of it is kept, and no function outlives it.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _has_ended(self):
        # Its number, and that of its group, stays its own until __exit__ waits for it.
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def client(self, service):
        return self.client_of(service, ADMIN)

    def client_of(self, service, credentials):
        key = (service, *credentials.values())
        if key not in self.clients:
            self.clients[key] = boto3.client(
                service, endpoint_url=self.endpoint, region_name=REGION, verify=self.certificate, **credentials,
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
        return self.clients[key]
