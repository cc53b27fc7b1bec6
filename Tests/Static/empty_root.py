"""The deployed binary, with nothing of this machine around it.

    python empty_root.py BOOTSTRAP

runs it in a folder that holds the binary, /proc, /dev/urandom, /tmp, certificates, resolv.conf and hosts, in a network
of its own: a name server of this script's, and S3 and Glue (moto) behind TLS with a certificate from a CA of this
script's. The Runtime API stays outside the folder. Needs root, or the right to make user namespaces.
"""

import base64
import fcntl
import gzip
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import answers
import names_and_tls

BUNDLE = "etc/pki/tls/certs/ca-bundle.crt"  # where Amazon Linux has it
binary = pathlib.Path(sys.argv[1]).resolve()


def in_own_namespaces():
    """This script once more, as root of a network and mounts of its own; or not at all, with the reason."""
    own = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    trial = subprocess.run(own + ["true"], capture_output=True, text=True)
    if trial.returncode:
        print(f"    SKIPPED: all that needs an empty root; this machine permits none: {trial.stderr.strip()}")
        sys.exit()
    os.execvp(own[0], own + [sys.executable, *sys.argv, "inside"])


class RuntimeAPI(answers.Server):
    """Hands out one event and keeps what comes back: (path, body), first of all answers."""

    def __init__(self, event, secured):
        super().__init__(("127.0.0.1", 0), RuntimeAPIRequest)
        self.event, self.answered, self.answer, self.handed = event, threading.Event(), None, 0
        self.secured, self.secured_in_init = secured, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class RuntimeAPIRequest(answers.Request):
    def do_GET(self):
        if self.server.handed:
            return self.server.answered.wait()  # there is no second event
        self.server.handed, self.server.secured_in_init = time.monotonic(), len(self.server.secured)
        self.reply(200, json.dumps(self.server.event).encode(),
                   {"Lambda-Runtime-Aws-Request-Id": "1",
                    "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 8000)})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.milliseconds = (time.monotonic() - self.server.handed) * 1000
        self.server.answer = (self.path.removeprefix("/2018-06-01/runtime/"), json.loads(body))
        self.reply(202, b"{}", {})
        self.server.answered.set()


def make_root(folder):
    for name in ("proc", "dev", "tmp", "etc/pki/tls/certs"):
        (folder / name).mkdir(parents=True)
    shutil.copy(binary, folder / "bootstrap")
    (folder / "dev/urandom").touch()
    subprocess.run(["mount", "--rbind", "/proc", folder / "proc"], check=True)
    subprocess.run(["mount", "--bind", "/dev/urandom", folder / "dev/urandom"], check=True)
    (folder / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    (folder / "etc/hosts").write_text("127.0.0.1 localhost glue.hosts.test other.hosts.test proxy.hosts.test\n")


def invoke(root, variables, secured=()):
    """One sandbox of the function: path and body of its first answer, what it logged, and its Runtime API.

    `secured` has the TLS connections so far.
    """
    value = base64.b64encode(b'{"price":12.5}').decode()
    record = {"topic": "prices", "partition": 0, "offset": 7, "timestamp": 1795305599999,
              "timestampType": "CREATE_TIME",
              "value": value, "headers": []}
    api = RuntimeAPI({"eventSource": "SelfManagedKafka", "bootstrapServers": "b:9092",
                      "records": {"prices-0": [record]}},
                     secured)
    usual = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}", "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
             "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
             "AWS_MAX_ATTEMPTS": "2", "INGESTION_BUCKET": "ingestion", "CRAWLER_NAME": "crawler"}
    process = subprocess.Popen(["/bootstrap"], env={**usual, **variables}, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT,
                               preexec_fn=lambda: (os.chroot(root), os.chdir("/")))
    api.answered.wait(20)
    process.kill()
    log = process.communicate()[0].decode()
    assert api.answer, "no answer within 20 s:\n" + log
    return (*api.answer, log, api)


def check(sentence, truth, shown=""):
    print(f"    {'ok' if truth else 'FAILED'}: {sentence}", flush=True)
    if not truth:
        sys.exit(shown)


def check_file():
    kind, headers = (subprocess.run([*command, binary], capture_output=True, text=True, check=True).stdout
                     for command in (["file", "-b"], ["readelf", "-dlVW"]))
    check("file says that it is statically linked", "statically linked" in kind and ", stripped" in kind, kind)
    check("it needs no library, no version of glibc and no dynamic linker",
          not any(word in headers for word in ("NEEDED", "GLIBC_", "INTERP")), headers)


def check_invocations(folder):
    root = folder / "root"
    make_root(root)
    trusted, files = names_and_tls.certificates(folder / "trusted", ["s3.dns.test", "glue.hosts.test"])
    other, _ = names_and_tls.certificates(folder / "other", ["s3.dns.test"])
    # As long a bundle as a real system has, where there is one.
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    (root / BUNDLE).write_text((system.read_text() if system.exists() else "") + trusted)
    (root / "tmp/other.pem").write_text(other)

    asked = names_and_tls.serve_names({"s3.dns.test": "127.0.0.1"})
    s3, glue = names_and_tls.local_aws()
    port, secured = names_and_tls.serve_tls(files, s3.meta.endpoint_url)
    here = {"AWS_ENDPOINT_URL_S3": f"https://s3.dns.test:{port}",
            "AWS_ENDPOINT_URL_GLUE": f"https://glue.hosts.test:{port}"}

    def refused(sentence, variables, *words):
        path, answer, log, _ = invoke(root, {**here, **variables})
        said = json.dumps(answer)
        check(sentence, path.endswith("/error") and all(word in said for word in words), f"{path} {said}\n{log}")

    check_storing(root, here, secured, s3, glue)
    check("S3's name came from the name server of resolv.conf, Glue's from hosts", asked == {"s3.dns.test"}, str(asked))
    refused("a certificate of an unknown CA is refused", {"AWS_CA_BUNDLE": "/tmp/other.pem"}, "certificate",
            "s3.dns.test")
    refused("a certificate for another name is refused", {"AWS_ENDPOINT_URL_S3": f"https://other.hosts.test:{port}"},
            "certificate", "other.hosts.test")
    refused("a name that nobody knows is named", {"AWS_ENDPOINT_URL_S3": f"https://nowhere.dns.test:{port}"},
            "nowhere.dns.test")
    check_proxies(folder, here, f"s3.dns.test:{port}", refused)
    refused("a bundle that is not there is named", {"AWS_CA_BUNDLE": "/tmp/none.pem"}, "/tmp/none.pem")
    (root / BUNDLE).unlink()
    refused("without any bundle init says what to set", {}, "InvalidConfiguration", "AWS_CA_BUNDLE")


def check_storing(root, here, secured, s3, glue):
    path, answer, log, api = invoke(root, here, secured)
    check(f"a batch is stored over TLS, {api.milliseconds:.0f} ms after it was handed over",
          path == "invocation/1/response", f"{path} {answer}\n{log}")
    check("the connection to S3 was open before the first event was asked for", api.secured_in_init == 1)
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="ingestion").get("Contents", [])
            if not entry["Key"].endswith("/.crawled")]
    check("the object is there, with the record's bytes", len(keys) == 1 and gzip.decompress(
        s3.get_object(Bucket="ingestion", Key=keys[0])["Body"].read()) == b'{"price":12.5}\n', str(keys))
    check("the crawler has been started", len(glue.list_crawls(CrawlerName="crawler")["Crawls"]) == 1, log)


def check_proxies(folder, here, s3, refused):
    tunnel, first_lines = names_and_tls.serve_refusals()
    refused("a proxy is asked for S3, and not for the Runtime API",
            {"HTTPS_PROXY": f"http://127.0.0.1:{tunnel}", "http_proxy": f"http://127.0.0.1:{tunnel}"}, "403")
    check("with CONNECT and nothing else", set(first_lines) == {f"CONNECT {s3} HTTP/1.1"}, str(first_lines))
    proxys, files = names_and_tls.certificates(folder / "proxys", ["proxy.hosts.test"])
    (folder / "root/tmp/proxy.pem").write_text(proxys)
    port_of_proxy, asked_of_proxy = names_and_tls.serve_tunnels(files)
    through = {**here, "HTTPS_PROXY": f"https://proxy.hosts.test:{port_of_proxy}", "DELIVERY": "at-least-once"}
    path, answer, log, _ = invoke(
        folder / "root", {**through, "PROXY_CA_BUNDLE": "/tmp/proxy.pem", "INGESTION_PREFIX": "proxied"})
    check("a proxy over TLS has a certificate of its own, and S3 has another", path == "invocation/1/response"
          and s3 in asked_of_proxy, f"{path} {answer} {asked_of_proxy}\n{log}")
    refused("a proxy whose certificate is of an unknown CA is what is named", through, "UntrustedProxyCertificate",
            "PROXY_CA_BUNDLE")
    refused("behind it, S3's certificate is what is named", {**through, "PROXY_CA_BUNDLE": "/tmp/proxy.pem",
            "AWS_CA_BUNDLE": "/tmp/other.pem"}, "its certificate may not be trusted", "AWS_CA_BUNDLE", "s3.dns.test")


if sys.argv[2:] != ["inside"]:
    check_file()
    in_own_namespaces()
# A new network's loopback interface is down: SIOCSIFFLAGS, IFF_UP.
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))
with tempfile.TemporaryDirectory() as scratch:
    try:
        check_invocations(pathlib.Path(scratch))
    finally:
        # Else the folder could not be removed, and what is mounted in it must not be.
        for mounted in ("root/proc", "root/dev/urandom"):
            subprocess.run(["umount", "--lazy", pathlib.Path(scratch) / mounted], capture_output=True)
