"""How the demo does while records keep coming: rows, lag, latency and objects, with a chart that moves."""

import collections
import re
import threading
import time

import screen

# The mapping's own line of status, where it writes to a pipe.
STATUS = re.compile(r"lag ([\d,]+), .*function ([\d.]+) ms, objects ([\d,]+), errors ([\d,]+)")


class Mapping:
    """What the mapping says of itself, read from its standard error as it comes."""

    def __init__(self, stream):
        self.lag = self.objects = self.errors = 0
        self.milliseconds = 0.0
        self.last = ""
        self.reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.reader.start()

    def end(self):
        """Its last words, once it has ended."""
        self.reader.join(1)
        return self.last

    def _read(self, stream):
        for line in stream:
            self.take(line.rstrip("\n"))

    def take(self, line):
        if found := STATUS.search(line):
            lag, milliseconds, objects, errors = (it.replace(",", "") for it in found.groups())
            self.lag, self.objects, self.errors = int(lag), int(objects), int(errors)
            self.milliseconds = float(milliseconds)
        else:
            self.last = line


class Display:
    """One block that is drawn anew on a terminal; elsewhere a line for each look."""

    def __init__(self, mapping, rows, clock=time.monotonic):
        self.mapping, self.rows, self.clock = mapping, rows, clock
        self.started = self.last = clock()
        self.history = collections.deque(maxlen=500)
        self.block = screen.Block()

    def tick(self, rows, newest):
        """`newest`: the time of the newest row in milliseconds, or None."""
        more, self.rows = rows - self.rows, rows
        now = self.clock()
        rate, self.last = more / max(0.1, now - self.last), now
        self.history.append(rate)
        age = None if newest is None else max(0.0, time.time() - newest / 1000)
        self.block.show(self.lines(rate, age), self.line(more, age))

    def line(self, more, age):
        mapping, late = self.mapping, "" if age is None else f"  newest {age:.1f} s old"
        return (f"  {time.strftime('%H:%M:%S')}  {self.rows:>8,} rows  +{more}{late}  lag {mapping.lag:,}"
                f"  {mapping.objects:,} objects" + (f"  {mapping.errors:,} errors" if mapping.errors else ""))

    def lines(self, rate, age):
        columns, height = screen.size()
        mapping, seconds = self.mapping, int(self.clock() - self.started)
        # A column is a look; the plot's width is what the chart leaves beside its scale.
        recent = list(self.history)[-max(10, columns - 15):]
        trouble = f"  {mapping.errors:,} errors; {screen.plain(mapping.last)}" if mapping.errors else ""
        return [
            f"  {time.strftime('%H:%M:%S')}   {seconds // 60}:{seconds % 60:02} so far; Ctrl-C stops it",
            f"  rows     {self.rows:>9,}   {rate:,.1f} per second",
            f"  lag      {mapping.lag:>9,}   records in the topic that are not yet in the bucket",
            "  latency  " + (f"{'—':>9}" if age is None else f"{age:>7.1f} s") + "   the age of the newest row",
            f"  function {mapping.milliseconds:>6,.0f} ms   for each batch, on average",
            f"  objects  {mapping.objects:>9,}   since records keep coming{trouble}",
            "", "  rows per second",
            *screen.chart(recent, columns, height=max(3, min(8, height - 11)), digits=1, floor=0)]
