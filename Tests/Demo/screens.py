"""What the demo and `invoke` draw, on a pseudo terminal of 80 columns and 24 lines, on others, and into a pipe."""

import contextlib
import fcntl
import gzip
import io
import itertools
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import termios

import following
import invoke
import pipeline
import screen

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python"))
from sentences import run_all  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CLOSES = [19_000 + 900 * (i % 97) / 10 for i in range(840)]


class Terminal:
    """What a terminal of that size shows of the bytes that it gets: text, line ends, and the cursor's way up."""

    def __init__(self, columns, lines):
        self.columns, self.height = columns, lines
        self.rows, self.row, self.column = [""], 0, 0
        self.wraps = 0

    def take(self, text):
        for part in re.split(r"(\x1b\[[0-9;]*[A-Za-z]|\r|\n)", text):
            if part == "\n":
                self.down()
            elif part == "\r":
                self.column = 0
            elif part.endswith("A") and part.startswith("\x1b"):
                self.row = max(len(self.rows) - self.height, self.row - int(part[2:-1] or 1), 0)
            elif part == "\x1b[J":
                self.rows[self.row:] = [self.rows[self.row][:self.column]]
            elif part.startswith("\x1b"):
                raise SystemExit(f"The terminal gets {part!r}, which no test knows.")
            else:
                for character in part:
                    self.put(character)

    def put(self, character):
        if self.column == self.columns:
            self.wraps += 1
            self.down()
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def down(self):
        self.row, self.column = self.row + 1, 0
        if self.row == len(self.rows):
            self.rows.append("")

    def text(self):
        return "\n".join(self.rows[-self.height:])


def on_terminal(function, columns=80, lines=24, **variables):
    """What `screens.py FUNCTION` writes to a terminal of that size."""
    own, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, HERE / "screens.py", function], stdout=other, env=kept | {"TERM": "xterm"} | variables)
    os.close(other)
    written = b""
    with contextlib.suppress(OSError):  # Linux says so when the other end is closed
        while part := os.read(own, 65536):
            written += part
    os.close(own)
    check(process.wait() == 0, written.decode())
    terminal = Terminal(columns, lines)
    terminal.take(written.decode())
    return terminal, written.decode()


def in_pipe(function):
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return subprocess.run([sys.executable, HERE / "screens.py", function], stdout=subprocess.PIPE, text=True,
                          check=True,
                          env=kept | {"TERM": "xterm"}).stdout


def check(condition, said):
    if not condition:
        raise SystemExit(f"Not so; this was shown:\n{said}")


# --- What is drawn


def draw_chart():
    print("\n".join(screen.chart(CLOSES)))


def draw_following():
    mapping = following.Mapping(io.StringIO())
    times = itertools.count(step=2)
    display = following.Display(mapping, rows=4200, clock=lambda: next(times) / 2)
    for number in range(100):
        mapping.take(f"in 20/s, out 20/s (0.0 MB/s), acknowledged 9, lag {1000 + number}, batch 20, "
                     f"function 12.5 ms, objects {number}, errors 0")
        display.tick(4200 + 40 * (number + 1), None)


def draw_next():
    print(pipeline.NEXT)


def draw_answer():
    print("\n".join(invoke.answer_lines(json.dumps({"errorType": "Function.X", "errorMessage": "\x1b[2Jword " * 40}))))


def draw_contents():
    values = [json.dumps({"n": n, "text": "x" * 100}).encode() for n in range(5)]
    bad = {"topic": "t", "partition": 0, "offset": 7, "reason": "malformed-json", "value": "bm8bWzJKSlNPTg=="}
    invoke.show_contents({
        "topics/t/dt=2026-11-21/hour=12/t+0+00000000000000000000.json.gz": gzip.compress(b"\n".join(values) + b"\n"),
        "errors/t/dt=2026-11-21/hour=12/t+0+00000000000000000007.json.gz": gzip.compress(
            "".join(json.dumps(it) + "\n" for it in [bad, bad | {"value": None, "reason": "tombstone"}]).encode())})


# --- The tests


def test_a_chart_fits_the_terminal_and_fills_it():
    for columns in (40, 80, 132):
        terminal, written = on_terminal("draw_chart", columns)
        check(terminal.wraps == 0 and max(map(len, terminal.rows)) == columns - 1, written)
        check(len(terminal.text().splitlines()) <= 24, written)


def test_what_follows_is_one_block_that_fits_and_is_drawn_anew():
    for lines in (24, 12):
        terminal, written = on_terminal("draw_following", 80, lines)
        check(terminal.wraps == 0 and len(terminal.rows) <= lines, terminal.text())
        shown = terminal.text()
        check(written.count("rows per second") == 100 and shown.count("rows per second") == 1, shown)
        for figure in ("8,200   20.0 per second", "1,099   records", "99   since"):
            check(figure in terminal.text(), terminal.text())


def test_a_pipe_gets_a_line_for_each_look_and_no_control_characters():
    for said in (in_pipe("draw_following"), on_terminal("draw_following", TERM="dumb")[1].replace("\r", "")):
        check(len(said.splitlines()) == 100 and "\x1b" not in said, said)
        check("8,200 rows  +40  lag 1,099  99 objects" in said.splitlines()[-1], said)


def test_nothing_is_coloured():
    for name in (name for name in globals() if name.startswith("draw_")):
        check(not re.search(r"\x1b\[[0-9;]*m", on_terminal(name, NO_COLOR="1")[1]), name)


def test_rows_and_reasons_are_cut_to_the_terminal_and_cannot_command_it():
    terminal, written = on_terminal("draw_contents")
    check(terminal.wraps == 0 and '{"n": 2, ' in written and '{"n": 3' not in written and "and 2 more" in written,
          written)
    check(r"malformed-json 1: t-0@7  no\x1b[2JJSON" in written and "tombstone 1: t-0@7  no value" in written, written)
    terminal, written = on_terminal("draw_answer")
    check(terminal.wraps == 0 and "\x1b" not in written and "Function.X: " in written, written)


def test_what_to_try_next_fits():
    check(on_terminal("draw_next")[0].wraps == 0, pipeline.NEXT)


def test_the_emulators_memory_figures_are_not_shown():
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        invoke.show_log(["one\n", "REPORT RequestId: 1\tInit Duration: 1.2 ms\tDuration: 3 ms\tBilled Duration: 4 ms\t"
                                  "Memory Size: 3008 MB\tMax Memory Used: 3008 MB\t\n"])
    said = said.getvalue()
    check("1.2 ms" not in said and "3008" not in said and "one\n" in said and "Billed Duration: 4 ms" in said, said)


if __name__ == "__main__":
    globals()[sys.argv[1]]() if len(sys.argv) > 1 else run_all(globals())
