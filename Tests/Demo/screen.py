"""What the demo draws, at the size of the terminal; where there is none, at 80 columns and line by line."""

import os
import shutil
import sys
import unicodedata

BARS = " ▁▂▃▄▅▆▇█"


def size():
    """(columns, lines): of the terminal, or as the variables COLUMNS and LINES say, or 80 and 24."""
    return shutil.get_terminal_size((80, 24))


def is_live(stream=None):
    """Whether what was printed can be drawn over."""
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") not in (None, "", "dumb")


def cut(line, columns=None):
    """The line, at most so wide; one short of the terminal, since many of them wrap at the last column."""
    columns = (columns or size().columns) - 1
    return line if len(line) <= columns else line[:columns - 1] + "…"


def plain(text):
    """Without what a terminal obeys: records come from anybody."""
    return "".join(f"\\x{ord(c):02x}" if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)


def chart(values, columns=None, height=12, digits=0, floor=None):
    """Bars over a scale from the least value (or the floor) to the greatest; each is the mean of the values that fall
    into it."""
    labels = 11
    width = max(10, (columns or size().columns) - 1 - 2 - labels - 1)
    points = [sum(part) / len(part) for part in parts(values, min(width, len(values)))]
    low, high = min(points) if floor is None else floor, max(points)
    scale = (height * 8 - 1) / ((high - low) or 1)
    levels = [int((point - low) * scale) for point in points]
    rows = []
    for row in reversed(range(height)):
        value = low + (high - low) * row / max(1, height - 1)
        is_labelled = row % 3 == 2 or row in (0, height - 1)
        label = f"{value:>{labels - 1},.{digits}f} " if is_labelled else " " * labels
        bars = "".join(BARS[max(0, min(8, level - row * 8 + 1))] for level in levels)
        rows.append("  " + label + "│" + bars)
    return rows + ["  " + " " * labels + "└" + "─" * len(points)]


def parts(values, count):
    """`count` runs of the values, as long as each other as can be, none empty."""
    return [values[i * len(values) // count:(i + 1) * len(values) // count] for i in range(count)]


class Block:
    """Lines that the next ones replace. Where nothing can be replaced, `show` prints its second argument instead."""

    def __init__(self):
        self.lines = 0

    def show(self, lines, line):
        if not is_live():
            return print(line, flush=True)
        columns, height = size()
        lines = [cut(it, columns) for it in lines][:height - 1]
        above = f"\x1b[{self.lines}A\r\x1b[J" if self.lines else ""
        print(above + "\n".join(lines), flush=True)
        self.lines = len(lines)
