#!/usr/bin/env python3
"""What no compiler and no linter of ours complains of: Swift files that no target compiles, long functions and lines,
imports that Package.swift does not declare or declares for nothing, declarations that nothing uses, the C library
imported in a second place, a `print` left in the function.

    Tests/Tidy/tidy.py [FOLDER]

prints a line for each finding and fails where there is one.
"""

import ast
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

COLUMNS, FUNCTION_LINES = 120, 50
# Called by name by those that they are made for: the language, http.server, unittest, botocore's clock.
CALLED_BY_NAME = re.compile(r"__\w+__|do_[A-Z]+|log_message|handle_error|test_\w+|utcnow|main")
ENDINGS = {".swift", ".py", ".sh", ".c", ".h", ".yaml", ".yml", ".modulemap"}


class Tree:
    """The files of a checkout that people write, as text."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                                check=True, capture_output=True, text=True).stdout
        # A file that was deleted stays listed until that is committed.
        names = sorted(name for name in listed.split("\0") if name and (self.root / name).is_file())
        self.files = {name: (self.root / name).read_text() for name in names
                      if pathlib.Path(name).suffix in ENDINGS or name == ".ci/run"}

    def of(self, *endings, under=""):
        return {name: text for name, text in self.files.items() if name.endswith(endings) and name.startswith(under)}


# --- Targets ----------------------------------------------------------------------------------------------------------

def targets(root):
    """Those of Package.swift, the fuzzer's too."""
    described = subprocess.run(
        ["swift", "package", "--ignore-lock", "describe", "--type", "json"], cwd=root, check=True, capture_output=True,
        text=True, env={**os.environ, "FUZZ": "1"}).stdout
    return json.loads(described[described.index("{"):])["targets"]


def in_no_target(tree, targets):
    compiled = {os.path.normpath(f"{target['path']}/{source}") for target in targets for source in target["sources"]}
    for name in tree.of(".swift"):
        if name not in compiled and name != "Package.swift":
            yield f"{name}: is in no target of Package.swift, so nothing compiles it"


def imports(tree, targets):
    """Swift's own check of explicit dependencies passes over an import that some other target happens to have built."""
    names = {target["name"] for target in targets}
    # Programs are depended on to be built; each module may import the C library, whether it does so or not.
    unseen = {target["name"] for target in targets if target["type"] == "executable"} | {"Libc"}
    for target in targets:
        declared, imported = set(target.get("target_dependencies", [])), {}
        for source in target["sources"]:
            name = os.path.normpath(f"{target['path']}/{source}")
            for found in re.finditer(r"^(?:@\w+ )*import (?:\w+ )?(\w+)", tree.files.get(name, ""), re.M):
                imported.setdefault(found[1], f"{name}:{tree.files[name].count(chr(10), 0, found.start()) + 1}")
        for other in sorted((imported.keys() & names) - declared):
            yield f"{imported[other]}: imports {other}, which {target['name']} does not depend on in Package.swift"
        if imported:
            for other in sorted(declared - imported.keys() - unseen):
                yield f"Package.swift: {target['name']} depends on {other} and imports it nowhere"


def prints_of_the_function(tree, targets):
    """The function's standard output is its log: one JSON object per line."""
    by_name = {target["name"]: target for target in targets}
    reached, open_ends = set(), ["bootstrap"]
    while open_ends:
        name = open_ends.pop()
        if name in by_name and name not in reached:
            reached.add(name)
            open_ends += by_name[name].get("target_dependencies", [])
    for folder in sorted(by_name[name]["path"] for name in reached):
        for name, text in tree.of(".swift", under=folder + "/").items():
            for number, line in enumerate(text.splitlines(), 1):
                if re.match(r"[^/\"]*(?<![\w.])(print|debugPrint|dump)\(", line):
                    yield f"{name}:{number}: prints; the function logs instead"


# --- Text -------------------------------------------------------------------------------------------------------------

def columns(line):
    """As a terminal counts them: wide characters take two, marks on the one before none."""
    return sum(0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1
               for one in line)


def long_lines(tree):
    for name, text in tree.files.items():
        for number, line in enumerate(text.splitlines(), 1):
            # An address cannot be broken.
            if columns(line) > COLUMNS and not re.fullmatch(r"\W*https?://\S+", line):
                yield f"{name}:{number}: {columns(line)} columns, over {COLUMNS}"


def second_c_libraries(tree):
    for name, text in tree.of(".swift").items():
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(r"\s*import (Glibc|Musl)\b", line) and not name.startswith("Sources/Libc/"):
                yield f"{name}:{number}: imports the C library for itself; import Libc"


# --- Functions --------------------------------------------------------------------------------------------------------

FUNCTION_STARTS = {
    ".swift": re.compile(r"^( *)(?!//)(?:[\w@().]+ )*(?:func |init[?(<]|deinit|subscript\b)"),
    ".sh": re.compile(r"^( *)[\w-]+\(\) \{$"),
    ".c": re.compile(r"^()\w[^;=]*\)? ?\{?$"),
}


def functions_by_indentation(text, start):
    """(line, lines) of each: to the brace that stands below its beginning."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = start.match(line)
        if not found or line.rstrip().endswith("}"):
            continue
        closing = found[1] + "}"
        # A declaration without a body, as in a protocol, ends before anything stands as far left as it does.
        for length, other in enumerate(lines[number + 1:], 2):
            if other.rstrip() == closing:
                yield number + 1, length
            if other.strip() and not other.startswith(found[1] + " ") and other.strip() not in ("{", ") {"):
                break


def functions(name, text):
    if name.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.end_lineno - node.lineno + 1
    elif (start := FUNCTION_STARTS.get(pathlib.Path(name).suffix)):
        yield from functions_by_indentation(text, start)


def long_functions(tree):
    for name, text in tree.files.items():
        for line, length in functions(name, text):
            if length > FUNCTION_LINES:
                yield f"{name}:{line}: a function of {length} lines, over {FUNCTION_LINES}"


# --- Declarations -----------------------------------------------------------------------------------------------------

SWIFT_DECLARATION = re.compile(
    r"^ *(?:@\w+(?:\([^)]*\))? )*((?:[\w()]+ )*)(?:func|let|var|struct|enum|class|case) `?(\w+)", re.M)


def unused(tree):
    """Each private or static Swift declaration, Python function and constant, and shell function, that stands nowhere
    but where it is declared. Names are counted as text, so one that something else shares is passed over."""
    everywhere = count_words("\n".join(tree.files.values()))
    for name, text in tree.of(".swift").items():
        here = count_words(text)
        for found in SWIFT_DECLARATION.finditer(text):
            words = found[1].split()
            counts = here if {"private", "fileprivate"} & set(words) else everywhere if "static" in words else None
            if counts and counts[found[2]] < 2 and not CALLED_BY_NAME.fullmatch(found[2]):
                yield at(name, text, found, found[2])
    for name, text in tree.of(".py").items():
        # Methods may be called by what is asked for.
        functions = r"def" if "getattr(" in text else r" *(?:async )?def"
        for found in re.finditer(rf"^(?:{functions} |(?=[A-Z][A-Z0-9_]* = ))(\w+)", text, re.M):
            if everywhere[found[1]] < 2 and not CALLED_BY_NAME.fullmatch(found[1]):
                yield at(name, text, found, found[1])
    for name, text in tree.of(".sh").items():
        for found in re.finditer(r"^(\w+)\(\) \{", text, re.M):
            if everywhere[found[1]] < 2 and not found[1].startswith("check_"):  # test runs each check_NAME
                yield at(name, text, found, found[1])


def count_words(text):
    return collections.Counter(re.findall(r"\w+", text))


def at(name, text, found, declared):
    return f"{name}:{text.count(chr(10), 0, found.end()) + 1}: nothing uses {declared}"


def findings(root):
    tree, known = Tree(root), targets(root)
    for check in (lambda: in_no_target(tree, known), lambda: imports(tree, known),
                  lambda: prints_of_the_function(tree, known),
                  lambda: long_lines(tree), lambda: second_c_libraries(tree), lambda: long_functions(tree),
                  lambda: unused(tree)):
        yield from check()


if __name__ == "__main__":
    found = list(findings(sys.argv[1] if sys.argv[1:] else pathlib.Path(__file__).parents[2]))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
