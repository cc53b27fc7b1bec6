"""The broker's user data, run in a folder of its own with stand-ins for what its machine provides: dnf, systemd,
Kafka's tools, the instance's metadata and Apache's servers, the last two over the network with the real curl.

Needs root, or the right to make user namespaces.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from apache import VERSION, ApacheServers, OTHER_VERSION
from cloudformation import Stack
from machine import Machine
from parameter_sets import BROKER

CHANGED = {"KafkaVersion": OTHER_VERSION, "BrokerPartitions": "5", "Topic2": "orders"}
failures = []


def main():
    with tempfile.TemporaryDirectory(prefix="user-data-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=True)
        try:
            servers = ApacheServers(pathlib.Path(folder))
            first_boots(Machine(pathlib.Path(folder, "a"), servers), servers)
            no_download(Machine(pathlib.Path(folder, "b"), servers), servers)
        finally:
            subprocess.run(["umount", "--recursive", folder], check=False)
    if failures:
        sys.exit("\n".join(failures))


def first_boots(machine, servers):
    servers.cut = {f"dlcdn.apache.org/kafka/{VERSION}/kafka_2.13-{VERSION}.tgz"}  # once
    code = machine.boot(user_data({"StockMarketProducer": "true"}))
    check("the broker is set up", code == 0 and machine.topics() == {"stock_market": 3}, machine)
    signal = machine.signals()[-1]
    check("the stack hears of it", signal.startswith("-e 0 ") and "--resource Broker" in signal, machine)
    check("a download that breaks off is tried again, from the mirror",
          servers.whole == [f"dlcdn.apache.org/kafka/{VERSION}/kafka_2.13-{VERSION}.tgz"], machine)
    check("it is known by its address",
          "advertised.listeners=PLAINTEXT://10.42.0.10:9092\n" in machine.read("etc/kafka.properties"), machine)
    check("storage is formatted once", machine.formatted() == 1, machine)
    check("the producer runs", machine.calls("systemctl enable --now stock-market") == 1, machine)
    check("the console has the log", "kafka-topics.sh" in machine.read("dev/console"), machine)

    code = machine.boot_again(user_data({"StockMarketProducer": "true"}))
    check("another boot changes nothing",
          code == 0 and len(servers.whole) == 1 and machine.topics() == {"stock_market": 3}
          and machine.formatted() == 1 and machine.calls("enable --now stock-market") == 1, machine)

    code = machine.boot_again(user_data(CHANGED | {"StockMarketProducer": "false"}))
    both = {"stock_market": 5, "orders": 5}
    check("changed user data is carried out: topics, partitions", code == 0 and machine.topics() == both, machine)
    check("… another version, which the archive alone has",
          servers.whole[-1].startswith("archive.apache.org/dist/kafka/" + OTHER_VERSION)
          and os.readlink(machine.root / "opt/kafka") == f"kafka_2.13-{OTHER_VERSION}", machine)
    check("… and the producer ends", machine.calls("systemctl disable --now stock-market") == 1, machine)

    code = machine.boot_again(user_data(CHANGED | {"BrokerPartitions": "2"}))
    check("fewer partitions are no error", code == 0 and machine.topics() == both, machine)


def no_download(machine, servers):
    servers.wrong_checksums = True
    code = machine.boot(user_data({}))
    signal = machine.signals()[-1]
    check("a wrong checksum fails the stack with the reason",
          code != 0 and not signal.startswith("-e 0 ") and f"Kafka {VERSION} could not be fetched" in signal, machine)
    check("nothing of it is unpacked", not (machine.root / f"opt/kafka_2.13-{VERSION}").exists(), machine)
    check("the console has the log of it", "could not be fetched" in machine.read("dev/console"), machine)


def user_data(parameters):
    stack = Stack(BROKER | {"KafkaVersion": VERSION} | parameters)
    return stack.resources["Broker"]["Properties"]["UserData"]


def check(what, holds, machine):
    print(f"    {'ok   ' if holds else 'FAILS'} {what}", flush=True)
    if not holds:
        failures.append(f"{what}: not so. Calls:\n{machine.read('calls')[-3000:]}\nLog:\n{machine.output[-3000:]}")


def in_own_namespaces():
    """This script once more, as root of a network and mounts of its own; or not at all, with the reason."""
    own = ["unshare", "--net", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    trial = subprocess.run(own + ["true"], capture_output=True, text=True)
    if trial.returncode or not shutil.which("curl"):
        print(f"    SKIPPED: it needs curl and namespaces; this machine says: {trial.stderr.strip()}")
        sys.exit()
    os.execvp(own[0], own + [sys.executable, *sys.argv, "inside"])


if __name__ == "__main__":
    main() if sys.argv[-1] == "inside" else in_own_namespaces()
