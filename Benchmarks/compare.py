#!/usr/bin/env python3
"""`./build.sh bench`: the function against the usual Python one, under the same host, with the same store and events.

    Benchmarks/compare.py BOOTSTRAP PYTHON STAGES [--long] [--picture FILE]

BOOTSTRAP is the deployed binary, PYTHON an interpreter with awslambdaric and boto3, STAGES the program of that name.
The two take turns, invocation by invocation, so that what else the machine does meets both. `--long` invokes 10,000
times for the memory's sake instead of 1,000. Times are milliseconds.
"""

import argparse
import datetime
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

from batches import Batches
from host import Function
from picture import picture
from production import production
from sink import Sink
from table import middle, ratio, rounds, row, spread
from tls import certificates

HERE = pathlib.Path(__file__).parent
NAMES = ["swift", "python"]
ROUNDS = {1: 60, 100: 40, 1_000: 30, 10_000: 20}  # at most


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bootstrap")
    parser.add_argument("python")
    parser.add_argument("stages")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--picture", default=HERE / "comparison.svg")
    options = parser.parse_args()
    began = datetime.datetime.now()
    sink = Sink()
    commands = {"swift": [options.bootstrap], "python": [options.python, "-m", "awslambdaric", "app.handler"]}
    run = lambda name, share=None, **settings: Function(commands[name], environment(sink, settings), share)

    print(f"{began:%Y-%m-%d}, {processor()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; "
          f"awslambdaric {version(options.python, 'awslambdaric')}, boto3 {version(options.python, 'boto3')}, "
          f"Python {version(options.python)}\n")
    same_objects(run, sink)
    figures = {"date": f"{began:%Y-%m-%d}", "processor": processor(), "tls": over_tls(run)}
    print("All that follows is over plain HTTP, without the cost of TLS.\n")
    figures["start"] = starts(run)
    figures["warm"], figures["memory"] = warm(run, sink)
    looking_ahead(run)
    scale(run)
    flat(run, 10_000 if options.long else 1_000)
    stages(options.stages, sink)
    sink.stop()
    pathlib.Path(options.picture).write_text(picture(figures))
    print(f"\nTook {(datetime.datetime.now() - began).seconds} s; the picture is {options.picture}")


def environment(sink, settings):
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE / "python"), "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
            # Neither asks what is stored ahead of a batch; `looking_ahead` tells what that costs.
            "BATCH_ORDER": "strict", "INGESTION_BUCKET": "ingestion",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{sink.port}", **settings}


def over_tls(run):
    with tempfile.TemporaryDirectory() as folder:
        chain, key, bundle = certificates(folder)
        secure = Sink(chain, key)
        settings = {"AWS_ENDPOINT_URL": f"https://localhost:{secure.port}", "AWS_CA_BUNDLE": str(bundle)}
        print(f"S3 over TLS, with a bundle of {bundle.read_text().count('BEGIN CERTIFICATE')} certificates\n")
        try:
            return production(lambda name, share=None, **more: run(name, share, **settings, **more), secure)
        finally:
            secure.stop()


def same_objects(run, sink):
    """Both store the same lines under the same keys, or there is nothing to compare."""
    stored = []
    for name in NAMES:
        function = run(name)
        sink.counts(keep=True)
        function.invoke(Batches(1_000).next())
        stored.append(sink.counts()["lines"])
        function.stop()
    if stored[0] != stored[1] or not stored[0]:
        sys.exit("the two functions store different objects:\n%s\n%s" % tuple(stored))


def starts(run, count=12):
    # Exactly once asks S3 for each object of a first batch what is stored, which Python never does: without that, both
    # do the same work.
    without = {"DELIVERY": "at-least-once"}
    variants = {"swift": ("swift", {}), "at-least-once": ("swift", without), "python": ("python", {})}
    print("Plain HTTP: start and first invocation, 1,000 records, gzip (at-least-once: without the listings)")
    row("", "spawn → /next", "", "CPU of it", "first invocation", "warm one", "first ÷ warm")
    found = {name: [] for name in variants}
    for _ in rounds(count):
        for name, (program, settings) in variants.items():
            function, batches = run(program, **settings), Batches(1_000)
            first = function.invoke(batches.next())
            later = statistics.median(function.invoke(batches.next()).wall for _ in range(5))
            found[name].append((function.start, function.start_cpu, first.wall, later))
            function.stop()
    for name in variants:
        start, cpu, first, later = zip(*found[name][1:])  # the very first brings the files into memory
        row(name, middle(start), spread(start), middle(cpu), middle(first), middle(later),
            f"{statistics.median(f / l for f, l in zip(first, later)):.2f}")
    medians = [statistics.median(sample[0] for sample in found[name][1:]) for name in NAMES]
    row("python ÷ swift", ratio(medians))
    print()
    return dict(zip(NAMES, medians))


def warm(run, sink):
    figures, memory = {}, {"none": {}, "gzip": {}}
    for compression in ["none", "gzip"]:
        functions = {name: run(name, COMPRESSION=compression) for name in NAMES}
        print(f"Plain HTTP: a warm invocation, COMPRESSION={compression}")
        row("records", "KB", "objects", "CPU swift", "spread", "CPU python", "spread", "python ÷ swift",
            "time swift", "time python", "KB stored", "(python)")
        for records, most in ROUNDS.items():
            batches = {name: Batches(records) for name in NAMES}
            found, stored = {name: [] for name in NAMES}, {}
            for _ in rounds(most + 3):
                for name in NAMES:
                    event = batches[name].next()
                    found[name].append(functions[name].invoke(event))
                    stored[name] = sink.counts()
            if stored["swift"]["objects"] != stored["python"]["objects"]:
                sys.exit(f"the two store different numbers of objects: {stored}")
            cpu = {name: [invocation.cpu for invocation in found[name][3:]] for name in NAMES}
            wall = {name: [invocation.wall for invocation in found[name][3:]] for name in NAMES}
            medians = [statistics.median(cpu[name]) for name in NAMES]
            row(f"{records:,}", f"{batches['swift'].size / 1000:,.0f}", stored["swift"]["objects"],
                middle(cpu["swift"]), spread(cpu["swift"]), middle(cpu["python"]), spread(cpu["python"]),
                ratio(medians),
                middle(wall["swift"]), middle(wall["python"]),
                *(f"{stored[name]['bytes'] / 1000:,.0f}" for name in NAMES))
            figures[compression, records] = dict(zip(NAMES, medians))
        largest = Batches(10_000, "--topic", "stock-market-" + "x" * 200)  # as long as Kafka lets names be, nearly
        for name in NAMES:
            functions[name].invoke(largest.next())
            memory[compression][name] = functions[name].peak_memory()
            functions[name].stop()
        swift, python = memory[compression].values()
        print(f"  Peak memory (VmHWM) after these and an event of {largest.size / 1e6:.1f} MB: "
              f"swift {swift:.1f} MiB, python {python:.1f} MiB, {python / swift:.1f} times as much\n")
    return figures, memory["gzip"]


def looking_ahead(run):
    """What the LIST costs with which a batch asks what is stored ahead of it, where the mapping may pass over
    batches."""
    print("A warm invocation that looks ahead (BATCH_ORDER=any) and one that need not (strict), gzip")
    row("records", "CPU any", "CPU strict", "any ÷ strict", "time any", "time strict")
    for records in [1, 1_000, 10_000]:
        functions = {order: run("swift", BATCH_ORDER=order) for order in ["any", "strict"]}
        batches, found = {order: Batches(records) for order in functions}, {order: [] for order in functions}
        for _ in rounds(23):
            for order, function in functions.items():
                found[order].append(function.invoke(batches[order].next()))
        for function in functions.values():
            function.stop()
        cpu = [[invocation.cpu for invocation in found[order][3:]] for order in functions]
        wall = [[invocation.wall for invocation in found[order][3:]] for order in functions]
        row(f"{records:,}", *map(middle, cpu), f"{statistics.median(cpu[0]) / statistics.median(cpu[1]):.2f}",
            *map(middle, wall))
    print()


def scale(run):
    """What a further record costs beside what the invocation itself does, and what a further object does."""
    function = run("swift", COMPRESSION="none")
    print("CPU a record by the size of the batch and by its topic-partitions (one object each), COMPRESSION=none")
    row("records", "partitions", "CPU", "spread", "µs a record", "µs a further record", "µs a further object")
    least = base = None
    for records, partitions in [(1, 1), (10, 1), (100, 1), (1_000, 1), (10_000, 1), (10_000, 10), (10_000, 100),
                                (10_000, 500)]:
        batches = Batches(records, "--step", "0.01", partitions=partitions)
        cpu = [function.invoke(batches.next()).cpu for _ in rounds(13)][3:]
        median = statistics.median(cpu)
        above, further = "", ""
        if records == 1:
            least = median
        elif partitions == 1:
            further = f"{(median - least) / (records - 1) * 1000:.2f}"
            base = median
        else:
            above = f"{(median - base) / (partitions - 1) * 1000:.1f}"
        row(f"{records:,}", partitions, middle(cpu), spread(cpu), f"{median / records * 1000:.2f}", further, above)
    function.stop()
    print()


def flat(run, count):
    """Resident memory after each tenth of many invocations with batches of every size."""
    function = run("swift")
    sizes = [Batches(1), Batches(100), Batches(1_000), Batches(100), Batches(10), Batches(10_000)]
    marks = []
    for n in range(count):
        function.invoke(sizes[n % len(sizes)].next())
        if n + 1 in (12, *(count * tenth // 10 for tenth in range(1, 11))):
            marks.append(f"{n + 1:,}: {function.memory():.1f}")
    print(f"Memory (VmRSS, MiB) after so many invocations of 1 to 10,000 records: {'; '.join(marks)}; "
          f"peak {function.peak_memory():.1f}\n")
    function.stop()


def stages(program, sink):
    with tempfile.NamedTemporaryFile() as event:
        event.write(Batches(10_000).next())
        event.flush()
        lines = subprocess.run([program, event.name, "31", f"http://127.0.0.1:{sink.port}"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.splitlines()
    print("Stage by stage: 10,000 records in one process, CPU of its thread")
    row("", "median", "best", "MB", "GB/s", "÷ memcpy of as much", first=34)
    speed = None  # of memcpy, ms a byte
    for line in lines:
        name, times, size = line.split("\t")
        best, median = map(float, times.split())
        size = int(size)
        speed = speed or median / size
        row(name, f"{median:.3f}", f"{best:.3f}", f"{size / 1e6:.2f}", f"{size / 1e6 / median:.2f}",
            f"{median / size / speed:.1f}", first=34)


def processor():
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else os.uname().machine


def version(python, package=None):
    code = "import platform; print(platform.python_version())"
    if package:
        code = f"import importlib.metadata as m; print(m.version('{package}'))"
    return subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
