#!/usr/bin/env python3
"""tidy.py finds each thing that it looks for, at its line, and nothing in a tree that has none."""

import pathlib
import subprocess
import sys
import tempfile

import tidy

PACKAGE = """// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "p",
    targets: [
        .target(name: "Libc"),
        .target(name: "Room", dependencies: ["Libc"]),
        .executableTarget(name: "bootstrap", dependencies: ["Room"]),
        .executableTarget(name: "tool", dependencies: ["Room"]),
    ])
"""
CLEAN = {
    "Package.swift": PACKAGE,
    "Sources/Libc/Libc.swift": "#if canImport(Glibc)\n@_exported import Glibc\n#elseif canImport(Musl)\n"
                               "@_exported import Musl\n#endif\n",
    "Sources/Room/Room.swift": "import Libc\n\npublic struct Room {\n    private let one = 1\n"
                               "    public func two() -> Int { one }\n}\n",
    "Sources/bootstrap/main.swift": "import Room\n// It does not print() a thing.\n_ = 1\n",
    "Sources/tool/main.swift": "import Room\n\nprint(Room().two())\n",
    "Tests/wide.py": f'WIDE = "{"ü" * 80}"\nLONGER = WIDE\nLONGER.strip()\n',
    "build.sh": "say() { :; }\nsay\n",
}
# What is added to the clean tree, and the finding that it brings.
FAULTS = [
    ("Tests/RoomTests/RoomTests.swift", "_ = 1\n", "RoomTests.swift: is in no target"),
    ("Sources/Room/Long.swift", "func long() {\n" + "    _ = 1\n" * 49 + "}\n", "Long.swift:1: a function of 51 lines"),
    ("Tests/long.py", "def f():\n" + "    f()\n" * 50, "long.py:1: a function of 51 lines"),
    ("Tests/long.sh", "f() {\n" + "    f\n" * 49 + "}\n", "long.sh:1: a function of 51 lines"),
    ("Tests/cells.c", "int cells(void) {\n" + "    cells();\n" * 49 + "}\n", "cells.c:1: a function of 51 lines"),
    ("template.yaml", "a: 1\n" + "b: " + "x" * 118 + "\n", "template.yaml:2: 121 columns"),
    ("Tests/wide.sh", "# " + "漢" * 60 + "\n", "wide.sh:1: 122 columns"),
    ("Sources/Room/Sockets.swift", "#if canImport(Glibc)\nimport Glibc\n#endif\n",
     "Sockets.swift:2: imports the C library"),
    ("Sources/Room/Shown.swift", "func shown() {\n    if true { print(1) }\n}\n", "Shown.swift:2: prints"),
    ("Sources/Libc/Up.swift", "import Room\n", "Up.swift:1: imports Room, which Libc does not depend on"),
    ("Sources/Room/Left.swift", "private func left() {}\n", "Left.swift:1: nothing uses left"),
    ("Sources/Room/Kept.swift", "enum Kept {\n    static let kept = 1\n}\n", "Kept.swift:2: nothing uses kept"),
    ("Tests/left.py", "import os\n\n\ndef spare():\n    os.getpid()\n", "left.py:4: nothing uses spare"),
    ("Tests/constant.py", "LEFT = 1\n", "constant.py:1: nothing uses LEFT"),
    ("Tests/left.sh", "idle() {\n    :\n}\n", "left.sh:1: nothing uses idle"),
]


def write(folder, files):
    for name, text in files:
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["git", "init", "-q", folder], check=True)
    write(folder, CLEAN.items())
    found = list(tidy.findings(folder))
    if found:
        sys.exit("Found in a tree without a fault:\n" + "\n".join(found))
    write(folder, [(name, text) for name, text, _ in FAULTS])
    found = list(tidy.findings(folder))
    missed = [wanted for _, _, wanted in FAULTS if not any(wanted in line for line in found)]
    other = [line for line in found if not any(wanted in line for _, _, wanted in FAULTS)]
    if missed or other:
        sys.exit("\n".join(["Not found:", *missed, "Found besides:", *other]))
