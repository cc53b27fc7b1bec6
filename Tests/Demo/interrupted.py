"""The demo from end to end, with records that keep coming until Ctrl-C: it says at once that it stops, tells in its
last line what came in, and leaves neither a process nor a file.

    interrupted.py LAMBDA.zip LOCAL
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

PIPELINE = pathlib.Path(__file__).with_name("pipeline.py")


def main(package, local):
    with tempfile.TemporaryDirectory(prefix="interrupted-") as folder:
        demo = subprocess.Popen(
            [sys.executable, PIPELINE, package, local, "--follow"], env=os.environ | {"TMPDIR": folder},
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            for line in demo.stdout:
                print(line, end="", flush=True)
                if re.search(r"rows  \+[1-9]", line):
                    break
            else:
                raise SystemExit(f"The demo ended with {demo.wait()} before rows came.")
            os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
            pressed = time.monotonic()
            said = demo.stdout.read()
            code = demo.wait(60)
            print(f"{said}  ended {time.monotonic() - pressed:.1f} s after Ctrl-C")
        finally:
            demo.kill()
        check(code, said.strip().splitlines(), folder)


def check(code, lines, folder):
    if code or "Stopping" not in lines[0]:
        raise SystemExit(f"Ctrl-C does not end the demo in order (exit code {code}).")
    if not re.fullmatch(r"  [\d,]+ rows, .*; [\d,]+ invocations, 0 errors", lines[-1]):
        raise SystemExit("The demo's last line does not tell rows, invocations and errors.")
    if left := processes_of(folder):
        raise SystemExit("The demo leaves processes behind:\n" + "\n".join(left))
    if files := os.listdir(folder):
        raise SystemExit(f"The demo leaves files behind: {files}")


def processes_of(folder):
    """Command lines of the processes that were given this folder or run in it."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            marks = [os.readlink(process / "cwd"), os.readlink(process / "exe"), (process / "environ").read_text()]
            if any(folder in mark for mark in marks):
                found.append(f"  {process.name} {(process / 'cmdline').read_text().replace(chr(0), ' ')}")
        except (OSError, UnicodeDecodeError):
            continue  # it has ended, or is not ours
    return found


if __name__ == "__main__":
    main(*sys.argv[1:3])
