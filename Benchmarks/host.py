"""Runs a function as Lambda does, one event at a time, and measures it from outside.

Time is the host's; CPU is the kernel's clock of the whole process, in nanoseconds, read while it waits in `/next`:
so an invocation's CPU is all it takes from the arrival of the event until it is ready for the next one.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import selectors
import signal
import socket
import time

DEADLINE = 300_000  # milliseconds


@dataclasses.dataclass
class Invocation:
    wall: float  # ms, from the event's first byte to the response's last one
    cpu: float  # ms
    succeeded: bool = True


class Function:
    """One process behind a Runtime API of its own; from its start within `share`, if there is one."""

    def __init__(self, command, environment, share=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.count = 0
        environment = {**environment, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self.listener.getsockname()[1]}
        null = os.open(os.devnull, os.O_RDWR)
        began = time.perf_counter()
        with share.within() if share else contextlib.nullcontext():
            self.pid = os.posix_spawn(command[0], command, environment,
                                      file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
        os.close(null)
        self.waiting = self.expect(b"/next")[0]
        self.start = (time.perf_counter() - began) * 1000  # ms from spawn to the first request for an event
        self.start_cpu = self.cpu()

    def invoke(self, event, deadline=DEADLINE, may_fail=False):
        self.count += 1
        head = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: %d\r\n"
                b"Lambda-Runtime-Deadline-Ms: %d\r\n"
                b"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
                b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:ingestion\r\n"
                b"Content-Length: %d\r\n\r\n" % (self.count, time.time() * 1000 + deadline, len(event)))
        before = self.cpu()
        began = time.perf_counter()
        send(self.waiting, head + event)
        connection, succeeded = self.expect(b"/response", b"/error" if may_fail else None)
        wall = (time.perf_counter() - began) * 1000
        send(connection, b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
             b'{"status":"OK"}\n')
        self.waiting = self.expect(b"/next")[0]
        return Invocation(wall, self.cpu() - before, succeeded)

    def expect(self, end, other=None):
        """The next request, whose path ends so, or so: its connection, and whether it was the first of the two."""
        while True:
            for key, _ in self.selector.select(60) or stuck(self.pid):
                if key.fileobj is self.listener:
                    accepted = self.listener.accept()[0]
                    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.selector.register(accepted, selectors.EVENT_READ)
                    continue
                request = read_request(key.fileobj)
                if request is None:
                    self.selector.unregister(key.fileobj)
                    key.fileobj.close()
                    continue
                path, body = request
                if not path.endswith(end) and not (other and path.endswith(other)):
                    raise SystemExit(f"the function sent {path.decode()} instead of {end.decode()}: {body[:500]!r}")
                return key.fileobj, path.endswith(end)

    def cpu(self):
        """Milliseconds, once the process has come to rest."""
        clock = ~self.pid << 3 | 2  # what clock_getcpuclockid answers
        last = -1
        while (now := time.clock_gettime_ns(clock)) != last:
            last = now
            time.sleep(0.0005)
        return now / 1e6

    def peak_memory(self):
        """MB, since the process began."""
        return int(re.search(r"VmHWM:\s+(\d+)", self.status())[1]) / 1024

    def memory(self):
        return int(re.search(r"VmRSS:\s+(\d+)", self.status())[1]) / 1024

    def status(self):
        return pathlib.Path(f"/proc/{self.pid}/status").read_text()

    def stop(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def stuck(pid):
    raise SystemExit(f"process {pid} has not asked or answered for a minute")


def send(connection, data):
    connection.sendall(data)


def read_request(connection):
    """(path, body); None where the connection has ended."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        try:
            more = connection.recv(65536)
        except ConnectionError:
            return None
        if not more:
            return None
        data += more
    length = re.search(rb"(?i)\r\ncontent-length:\s*(\d+)", data[:end + 2])
    body = data[end + 4:]
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return data.split(b" ", 2)[1], body
