"""Compares four lists of the function's variables: those that its source reads, those that its messages tell people
to set, those that the README names, and those that the template sets. Each is a parameter of the template, or on the
list of those that are not in Sources/Deployment/README.md, with the reason."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Demo"))

from local_aws import read_template

ROOT = pathlib.Path(__file__).parents[2]
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
NAME = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9])")
# Variables of one word look like any other text in capitals.
WORDS = re.compile(r'environment(?:, |\.\w+\(|\[)"([A-Z]+)"')
# What a variable may be, or Kafka, KMS, Glue and Lake Formation say, in the same letters.
VALUES = {"CREATE_TIME", "DEEP_ARCHIVE", "SYMMETRIC_DEFAULT", "EXTERNAL_TABLE", "UPDATED_BY_CRAWLER", "CREATE_TABLE",
          "DATA_LOCATION_ACCESS"}


def main():
    read, advised = of_sources()
    documented, excused = of_readmes()
    parameters, fixed = of_template(read_template(ROOT / "template.yaml"))
    failures = [*differences(read, advised, documented, excused, parameters, fixed)]
    if failures:
        sys.exit("\n".join(failures))
    print(f"{len(read)} variables: {len(parameters)} are parameters, {len(read & excused)} are said not to be")


def differences(read, advised, documented, excused, parameters, fixed):
    known = documented | excused
    for name in sorted(read - known):
        yield f"{name} is read, and the README does not name it under Configuration"
    for name in sorted(known - read):
        yield f"{name} is in the README, and the function does not read it"
    for name in sorted(advised - read):
        yield f"{name} is named by a message, and the function does not read it"
    for name in sorted((parameters | fixed) - read):
        yield f"{name} is set by the template, and the function does not read it"
    for name in sorted(read - parameters - excused):
        yield f"{name} is not a parameter of the template: make it one, or say in Sources/Deployment/README.md why not"
    for name in sorted(parameters & excused):
        yield f"{name} is a parameter of the template, and Sources/Deployment/README.md says that it is not"


def of_sources():
    """(names that stand alone in a literal, as they are looked up; names within a text), of all that bootstrap
    links."""
    read, advised = set(), set()
    for module in modules_of("bootstrap"):
        for path in sorted((ROOT / "Sources" / module).rglob("*.swift")):
            for line in path.read_text().splitlines():
                if line.lstrip().startswith("//"):
                    continue
                read |= set(WORDS.findall(line))
                for text in () if re.match(r"\s*case \w+ = ", line) else LITERAL.findall(line):
                    for name in NAME.findall(text):
                        (read if name == text else advised).add(name)
    return read - VALUES, advised - VALUES


def modules_of(target):
    """The targets that it depends on, itself included, by Package.swift."""
    text = (ROOT / "Package.swift").read_text()
    lists = {name: re.findall(r'"(\w+)"', found) for name, found in
             re.findall(r'module\(\s*"(\w+)",?\s*(?:\[([^\]]*)\])?', text)}
    lists |= dict((name, re.findall(r'"(\w+)"', found)) for name, found in
                  re.findall(r'name: "(bootstrap)",\s*dependencies: \[([^\]]*)\]', text))
    found, todo = set(), [target]
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo += lists.get(module, [])
    return found


def of_readmes():
    """(names in the table of variables, names in the one of those that are not parameters)."""
    variables, others = ROOT / "README.md", ROOT / "Sources/Deployment/README.md"
    return first_column(variables, "| name |"), first_column(others, "| not a parameter |")


def first_column(path, head):
    names, inside = set(), False
    for line in path.read_text().splitlines():
        inside = line.startswith(head) or inside and line.startswith("|")
        if inside and not line.startswith(head):
            names |= names_in(line.split("|")[1])
    return names


def names_in(cell):
    """`AWS_ENDPOINT_URL`, `…_S3` are AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_S3."""
    names, last = set(), ""
    for name in re.findall(r"`([^`]+)`", cell):
        if name.startswith("…"):
            names.add(last + name[1:])
        else:
            names.add(last := name)
    return names


def of_template(template):
    """(names that are set from a parameter, names that are set otherwise)."""
    variables = template["Resources"]["Function"]["Properties"]["Environment"]["Variables"]
    names = set(template["Parameters"])
    from_parameter = {name for name, value in variables.items() if refers(value, names, template.get("Conditions", {}))}
    return from_parameter, set(variables) - from_parameter


def refers(value, parameters, conditions, seen=()):
    """Whether a parameter has a say in it, also by way of a condition."""
    if isinstance(value, list):
        return any(refers(it, parameters, conditions, seen) for it in value)
    if not isinstance(value, dict):
        return isinstance(value, str) and value in conditions and value not in seen and refers(
            conditions[value], parameters, conditions, (*seen, value))
    return any(it in parameters if key in ("Ref",) and isinstance(it, str) else
               refers(it, parameters, conditions, seen) for key, it in value.items())


if __name__ == "__main__":
    main()
