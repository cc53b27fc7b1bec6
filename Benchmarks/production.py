"""What production sees: S3 over TLS with a bundle as large as a system's, sandboxes that start cold, connections that
S3 has closed since the last batch, and a small function's share of a processor.

`run(name, share=None, **settings)` starts a function.
"""

import statistics

from batches import Batches
from share import FOURTEENTH, share
from table import middle, ratio, rounds, row, spread

NAMES = ["swift", "python"]
WARM = {1: 60, 1_000: 30, 10_000: 20}  # rounds, at most


def production(run, sink):
    """Medians by name, in milliseconds."""
    figures = {"cold": cold(run, "a whole processor", count=12)}
    small = share(FOURTEENTH)
    if small:
        figures["cold, a fourteenth"] = cold(run, "a fourteenth of a processor", small, count=3, least=0)
        figures["start whole, a fourteenth"] = cold(
            run, "a whole processor for the start, as Lambda gives, then a fourteenth", small, later=True, count=3,
            least=0)
    else:
        print("Skipped, as no control group with a CPU quota can be made here: a fourteenth of a processor\n")
    figures["open"], figures["closed"] = after_idle_time(run, sink)
    figures["warm"] = warm(run)
    return figures


def cold(run, title, small=None, later=False, count=12, least=5):
    """From exec to the answer to a first batch. Exactly once asks S3 for each object of a first batch what is stored,
    which Python never does: at-least-once does the same work as Python."""
    variants = {"swift": ("swift", {}), "at-least-once": ("swift", {"DELIVERY": "at-least-once"}),
                "python": ("python", {})}
    print(f"Over TLS, cold: from exec to the answer to a first batch of 1,000 records, gzip, on {title}")
    row("", "exec → answer", "", "exec → /next", "first batch", "CPU of both")
    found = {name: [] for name in variants}
    for _ in rounds(count + 1, least):
        for name, (program, settings) in variants.items():
            function = run(program, share=None if later else small, **settings)
            if later:
                small.add(function.pid)
            first = function.invoke(Batches(1_000).next())
            # A process that waits for its share seems to be at rest, so its CPU is known only with a whole processor.
            cpu = None if small else function.start_cpu + first.cpu
            found[name].append((function.start + first.wall, function.start, first.wall, cpu))
            function.stop()
    medians = {}
    for name in variants:
        both, start, first, cpu = zip(*found[name][1:])  # the very first brings the files into memory
        row(name, middle(both), spread(both), middle(start), middle(first), "" if small else middle(cpu))
        medians[name] = statistics.median(both)
    row("python ÷ swift", ratio([medians[name] for name in NAMES]))
    print()
    return medians


def after_idle_time(run, sink, count=20):
    """A batch whose connections are open, and one for which all have been closed, as S3 does within the mapping's
    window."""
    print("Over TLS: 10,000 records, 12 objects, gzip, with open connections and after S3 has closed them all")
    row("", "CPU open", "spread", "CPU closed", "spread", "closed ÷ open", "time open", "time closed", "connections",
        "resumed")
    medians = {True: {}, False: {}}
    for name in NAMES:
        function, batches = run(name), Batches(10_000)
        found, connections = {True: [], False: []}, []
        for turn in rounds(count + 2):
            for closed in [False, True]:
                if closed:
                    sink.close()
                sink.counts()
                invocation, counts = function.invoke(batches.next()), sink.counts()
                if turn > 1:
                    found[closed].append(invocation)
                    connections += [(counts["connections"], counts["resumed"])] if closed else []
        function.stop()
        cpu = {closed: [invocation.cpu for invocation in found[closed]] for closed in found}
        wall = {closed: [invocation.wall for invocation in found[closed]] for closed in found}
        for closed in found:
            medians[closed][name] = statistics.median(cpu[closed])
        row(name, middle(cpu[False]), spread(cpu[False]), middle(cpu[True]), spread(cpu[True]),
            f"{medians[True][name] / medians[False][name]:.2f}", middle(wall[False]), middle(wall[True]),
            *(f"{statistics.mean(each):.1f}" for each in zip(*connections)))
    print()
    return medians[False], medians[True]


def warm(run):
    print("Over TLS, warm, with open connections, gzip")
    row("records", "CPU swift", "spread", "CPU python", "spread", "python ÷ swift", "time swift", "time python")
    functions, medians = {name: run(name) for name in NAMES}, {}
    for records, most in WARM.items():
        batches, found = {name: Batches(records) for name in NAMES}, {name: [] for name in NAMES}
        for _ in rounds(most + 3):
            for name in NAMES:
                found[name].append(functions[name].invoke(batches[name].next()))
        cpu = [[invocation.cpu for invocation in found[name][3:]] for name in NAMES]
        wall = [[invocation.wall for invocation in found[name][3:]] for name in NAMES]
        medians[records] = dict(zip(NAMES, map(statistics.median, cpu)))
        row(f"{records:,}", middle(cpu[0]), spread(cpu[0]), middle(cpu[1]), spread(cpu[1]),
            ratio(list(map(statistics.median, cpu))), *map(middle, wall))
    for function in functions.values():
        function.stop()
    print()
    return medians
