"""The function among name servers that are dead, silent, late or picky.

    python name_servers.py BOOTSTRAP

runs each case in a network and mounts of its own, all at once: name servers of this script's on loopback, a resolv.conf
and hosts of the case's own, a Runtime API and a stand-in for S3 and Glue. What glibc's resolver survives, the function
survives within its deadline. Needs root, or the right to make user namespaces.
"""

import base64
import collections
import fcntl
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import answers

DEADLINE = 40  # seconds
A, AAAA = 1, 28
SERVFAIL, REFUSED, TRUNCATED = b"\x81\x82", b"\x81\x85", b"\x83\x80"
NAMES = {"s3.dns.test": "127.0.0.1", "glue.dns.test": "127.0.0.1"}


class NameServer:
    """On port 53 of `address`. `behaviour` has a query's kind and number, and gives the seconds to its answer, or None.
    With `flags` it has no answer but these: a failure, or "truncated", after which it has one over TCP."""

    def __init__(self, address, behaviour=lambda kind, number: 0, flags=None):
        self.asked = collections.Counter()
        self.asked_by_tcp = 0
        self.behaviour, self.flags = behaviour, flags
        self.listener = socket.create_server((address, 53))
        threading.Thread(target=self.serve_tcp, daemon=True).start()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, client = self.socket.recvfrom(2048)
            name, kind = self.question(query)
            self.asked[name, kind] += 1
            seconds = self.behaviour(kind, sum(self.asked.values()))
            if seconds is not None:
                threading.Timer(seconds, self.socket.sendto, (self.reply(query, self.flags), client)).start()

    def serve_tcp(self):
        """One query a connection, its length before it."""
        while True:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rb") as stream:
                answer = self.reply(stream.read(*struct.unpack(">H", stream.read(2))), None)
                self.asked_by_tcp += 1
                connection.sendall(struct.pack(">H", len(answer)) + answer)

    @staticmethod
    def question(query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0]

    def reply(self, query, flags):
        name, kind = self.question(query)
        known = None if flags else NAMES.get(name)
        record = b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4" + socket.inet_aton(known) if known and kind == A else b""
        counts = struct.pack(">4H", 1, 1 if record else 0, 0, 0)
        flags = flags or (b"\x81\x80" if known else b"\x81\x83")  # an answer, or NXDOMAIN
        return query[:2] + flags + counts + query[12:query.index(0, 12) + 5] + record

    def names(self, kind=A):
        return {name for (name, of), _ in self.asked.items() if of == kind}


class Handler(answers.Request):
    """The Runtime API, S3 and Glue in one, told apart by the path."""

    def do_GET(self):
        world = self.server.world
        if "list-type=2" in self.path:
            return self.reply(200, b"<ListBucketResult></ListBucketResult>", {})
        if world.handed:
            return world.answered.wait()  # there is no second event
        world.handed = time.monotonic()
        self.reply(200, json.dumps(world.event).encode(), {
            "Lambda-Runtime-Aws-Request-Id": "1",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + world.deadline) * 1000))})

    def do_HEAD(self):
        self.reply(200, b"", {"ETag": '"e"'})

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.world.stored.append(self.path)
        self.reply(200, b"", {"ETag": '"e"'})

    def do_POST(self):
        world, body = self.server.world, self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("X-Amz-Target"):
            world.crawls += 1
            return self.reply(200, b"{}", {})
        self.reply(200, b"{}", {})
        world.seconds = time.monotonic() - (world.handed or time.monotonic())
        world.answer = (self.path, body.decode())
        world.answered.set()


class World:
    """One sandbox of the function, among the name servers that are there."""

    def __init__(self, binary, variables=None, s3="s3.dns.test", deadline=DEADLINE):
        value = base64.b64encode(b'{"price":12.5}').decode()
        record = {"topic": "prices", "partition": 0, "offset": 7, "timestamp": 1795305599999,
                  "timestampType": "CREATE_TIME", "value": value, "headers": []}
        self.event = {"eventSource": "SelfManagedKafka", "bootstrapServers": "b:9092",
                      "records": {"prices-0": [record]}}
        self.deadline = deadline
        self.answered, self.answer, self.handed, self.stored, self.crawls = threading.Event(), None, 0, [], 0
        server = answers.Server(("127.0.0.1", 0), Handler)
        server.world = self
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = server.server_port
        usual = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{here}", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key",
                 "AWS_SECRET_ACCESS_KEY": "secret", "INGESTION_BUCKET": "ingestion", "CRAWLER_NAME": "crawler",
                 "DELIVERY": "at-least-once", "AWS_ENDPOINT_URL_S3": f"http://{s3}:{here}",
                 "AWS_ENDPOINT_URL_GLUE": f"http://glue.dns.test:{here}"}
        process = subprocess.Popen([binary], env={**usual, **(variables or {})}, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.answered.wait(DEADLINE + 15)
        process.kill()
        self.log = process.communicate()[0].decode()
        expect(self.answer, "no answer")

    def is_stored(self):
        rows = [path for path in self.stored if "/topics/" in path and not path.endswith("/.crawled")]
        expect(self.answer[0].endswith("/response"), f"{self.answer}\n{self.log}")
        expect(len(rows) == 1, f"stored: {self.stored}")
        expect(self.crawls == 1, f"{self.crawls} crawls\n{self.log}")


def expect(truth, shown):
    if not truth:
        sys.exit(f"    FAILED: {sys.argv[2]}: {shown}")


def resolv_conf(text):
    bind("/etc/resolv.conf", text)


def bind(path, text):
    """The text in the place of a file, for this case alone."""
    file = pathlib.Path(tempfile.mkdtemp()) / "file"
    file.write_text(text)
    subprocess.run(["mount", "--bind", file, path], check=True)


def add_ipv6():
    """An address that reaches others, as far as anybody can tell: SIOCSIFADDR with a struct in6_ifreq."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8916, struct.pack("=16sIi", socket.inet_pton(socket.AF_INET6, "fd00::53"), 64, 1))


# --- The cases ------------------------------------------------------------------------------------------------

CASES = {}


def case(sentence):
    return lambda function: CASES.__setitem__(sentence, function)


@case("a first name server that is gone does not matter")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\nnameserver 127.0.0.12\n")
    good = NameServer("127.0.0.12")
    World(binary).is_stored()
    expect(good.names() == set(NAMES), good.asked)


@case("a first one that is silent costs its patience, and the second one is asked")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\nnameserver 127.0.0.12\n")
    silent, good = NameServer("127.0.0.11", lambda *_: None), NameServer("127.0.0.12")
    World(binary).is_stored()
    expect(good.names() == silent.names() == set(NAMES), (silent.asked, good.asked))


@case("two that are silent, and the third one is asked")
def _(binary):
    resolv_conf("".join(f"nameserver 127.0.0.{last}\n" for last in (11, 12, 13)))
    for last in (11, 12):
        NameServer(f"127.0.0.{last}", lambda *_: None)
    NameServer("127.0.0.13")
    World(binary).is_stored()


@case("one that fails and one that refuses, and the third one is asked")
def _(binary):
    resolv_conf("".join(f"nameserver 127.0.0.{last}\n" for last in (11, 12, 13)))
    others = [NameServer("127.0.0.11", flags=SERVFAIL), NameServer("127.0.0.12", flags=REFUSED)]
    good = NameServer("127.0.0.13")
    World(binary).is_stored()
    expect(all(it.names() == set(NAMES) for it in [*others, good]), [it.asked for it in others])


@case("an answer that is cut short is asked for by TCP, and use-vc asks by TCP alone")
def _(binary):
    for options, asks_by_udp in (("", True), ("options use-vc\n", False)):
        address = "127.0.0.11" if asks_by_udp else "127.0.0.12"
        resolv_conf(f"nameserver {address}\n{options}")
        server = NameServer(address, flags=TRUNCATED)
        World(binary).is_stored()
        expect(server.asked_by_tcp >= 2 and bool(server.asked) == asks_by_udp, (server.asked_by_tcp, server.asked))


@case("an answer after 3.5 s is an answer")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\n")
    late = NameServer("127.0.0.11", lambda *_: 3.5)
    World(binary).is_stored()
    # It is not asked again: once each for the start, which gives up, for PUT and LIST, which may share, and for Glue.
    expect(sum(late.asked.values()) in (3, 4), late.asked)


@case("AAAA is not even asked for where this machine has no IPv6")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\n")
    picky = NameServer("127.0.0.11", lambda kind, _: 0 if kind == A else None)
    world = World(binary)
    world.is_stored()
    expect(not picky.names(AAAA), picky.asked)


@case("where it has, AAAA that is never answered is given up in time")
def _(binary):
    add_ipv6()
    resolv_conf("nameserver 127.0.0.11\noptions timeout:2\n")
    picky = NameServer("127.0.0.11", lambda kind, _: 0 if kind == A else None)
    World(binary).is_stored()
    expect(picky.names(AAAA), picky.asked)


@case("the first packets that are lost are sent again")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\noptions timeout:1\n")
    lossy = NameServer("127.0.0.11", lambda _, number: None if number == 1 else 0)
    World(binary).is_stored()
    expect(lossy.asked["s3.dns.test", A] > 1, lossy.asked)


@case("resolv.conf's timeout and attempts are kept to; where nobody answers, that is what the failure says")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\noptions timeout:1 attempts:3\n")
    silent = NameServer("127.0.0.11", lambda *_: None)
    world = World(binary, {"AWS_MAX_ATTEMPTS": "1"})
    expect(world.answer[0].endswith("/error") and world.seconds < 10, f"{world.seconds} {world.answer}\n{world.log}")
    said = world.answer[1]
    expect("NameNotResolved" in said and "s3.dns.test" in said, said)
    expect("NAT gateway" not in said and "name server" in said, said)
    # Three for each look-up: of the start, and of the batch's requests, which may share one.
    asked = silent.asked["s3.dns.test", A]
    expect(asked >= 6 and asked % 3 == 0, silent.asked)


@case("the function answers before its deadline, though the resolver is still waiting")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\n")
    NameServer("127.0.0.11", lambda *_: None)
    world = World(binary, {"AWS_LAMBDA_LOG_LEVEL": "DEBUG"}, deadline=4)
    expect(world.answer[0].endswith("/error") and world.seconds < 4, f"{world.seconds} {world.answer}\n{world.log}")
    expect("NameNotResolved" in world.answer[1], f"{world.seconds} {world.answer}\n{world.log}")


@case("resolv.conf's rotate is kept to")
def _(binary):
    resolv_conf("nameserver 127.0.0.11\nnameserver 127.0.0.12\noptions rotate\n")
    both = [NameServer("127.0.0.11"), NameServer("127.0.0.12")]
    World(binary).is_stored()
    expect(all(server.asked for server in both), [server.asked for server in both])


@case("a name of hosts is looked up there, and a domain is searched")
def _(binary):
    resolv_conf("search dns.test\nnameserver 127.0.0.11\n")
    bind("/etc/hosts", "127.0.0.1 localhost glue.dns.test\n")
    server = NameServer("127.0.0.11")
    World(binary, s3="s3").is_stored()
    expect(server.names() == {"s3.dns.test"}, server.asked)


# --- Running them ---------------------------------------------------------------------------------------------

def inside(binary, sentence):
    # A new network's loopback interface is down: SIOCSIFFLAGS, IFF_UP.
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))
    CASES[sentence](binary)


def main(binary):
    own = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    trial = subprocess.run(own + ["true"], capture_output=True, text=True)
    if trial.returncode:
        print(f"    SKIPPED: name servers of its own; this machine permits none: {trial.stderr.strip()}")
        return
    running = {}
    for sentence in CASES:
        command = own + [sys.executable, __file__, binary, sentence]
        running[sentence] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    failed = False
    for sentence, process in running.items():
        said = process.communicate()[0]
        print(f"    ok: {sentence}" if process.returncode == 0 else said.rstrip(), flush=True)
        failed = failed or process.returncode != 0
    sys.exit(failed)


if sys.argv[2:]:
    inside(sys.argv[1], sys.argv[2])
    os._exit(0)  # threads and late answers are of no more use
main(str(pathlib.Path(sys.argv[1]).resolve()))
