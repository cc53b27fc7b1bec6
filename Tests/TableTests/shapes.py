"""Records whose shapes change all the time, each computed from its offset, so that a redelivery brings the same one."""

import base64
import json
import pathlib
import random

HOUR = 3_600_000
START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
# Names as records have them: each SerDe's, SQL's and Hive's own troubles among them.
NAMES = ["Close", "volume", "adj close", "_hidden", "select", "Straße", "a-b", "user.name", "user_id", "semi;colon",
         "q\"", "col:on", "com,ma", "b|ar", " ", "angle<>", "$dollar", "tab\t", "ÄPFEL", "日本", "x" * 120, "1st",
         " lead", "emoji😀", "date", "struct", "a'b", "back`tick", "%41", "sla/sh"]
FAMILIES = ["boolean", "integer", "double", "wide", "text", "list", "object", "nothing", "mixture"]
TEXTS = ["", "plain", "é漢😀", "line\nbreak", "\"quoted\" \\", "2026-11-25", "12", "null"]


def value(topic, offset):
    """JSON text; one in twenty cannot become a row."""
    dice = random.Random(f"{topic}@{offset}")
    if dice.random() < 0.05:
        return dice.choice(["no json", "[1]", "null", '{"a":1,"A":2}', '{"half":'])
    # Later records bring names, fields and kinds that no earlier one had.
    names = dice.sample(NAMES, dice.randint(0, 4)) + [f"n{dice.randint(0, 3 + offset // 40)}"]
    members = {"o": str(offset)}
    for name in names:
        members[name] = literal(dice, family(topic, name, offset), offset)
    if len({name.lower() for name in members}) < len(members):
        return value(topic, offset + 10_000_000)
    items = list(members.items())
    if dice.random() < 0.3:
        dice.shuffle(items)
    space = dice.choice(["", "", " "])
    return "{" + ("," + space).join(f"{encoded(dice, name)}:{space}{text}" for name, text in items) + "}"


def family(topic, name, offset):
    """A member keeps to one kind for long, and may then change it."""
    age = random.Random(f"{topic}.{name}.{offset // 150}")
    first = random.Random(f"{topic}.{name}").choice(FAMILIES)
    return first if age.random() < 0.7 else age.choice(FAMILIES)


def literal(dice, kind, offset, depth=0):
    if dice.random() < 0.1:
        return dice.choice(["null", "null", "[]", "{}"]) if kind in ("list", "object", "nothing") else "null"
    if kind == "boolean":
        return dice.choice(["true", "false"])
    if kind == "integer":
        return str(dice.choice([0, -1, 42, dice.randint(-1 << 52, 1 << 52), "-0"]))
    if kind == "wide":
        return str(dice.choice([9007199254740993, (1 << 63) - 1, -1 << 63, 1 << 63, 10 ** 25, 7]))
    if kind == "double":
        return dice.choice(["1.5", "-0.0", "1e5", "2E-3", "3", "0.1", "1e300", f"{dice.random()}"])
    if kind == "text":
        return json.dumps(dice.choice(TEXTS), ensure_ascii=dice.random() < 0.5)
    if kind == "nothing":
        return dice.choice(["null", "[]", "{}", "[null]", "[[]]", '{"x":null}'])
    if kind == "mixture" or depth > 3:
        return literal(dice, dice.choice(FAMILIES[:5]), offset, depth + 1)
    inner = FAMILIES[(depth + offset // 300) % 7]
    if kind == "list":
        return "[" + ",".join(literal(dice, inner, offset, depth + 1) for _ in range(dice.randint(0, 3))) + "]"
    fields = dice.sample(["A", "b", "C c", "d.e", f"f{offset // 100}", "G", "h-i"], dice.randint(0, 3))
    return "{" + ",".join(f"{json.dumps(field)}:{literal(dice, dice.choice(FAMILIES[:6]), offset, depth + 1)}"
                          for field in fields) + "}"


def encoded(dice, name):
    """A name may be written with escapes and is the same."""
    if dice.random() < 0.1:
        name = "".join(f"\\u{unit:04x}" for unit in units(name))
        return f'"{name}"'
    return json.dumps(name, ensure_ascii=dice.random() < 0.5)


def units(text):
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[place:place + 2], "big") for place in range(0, len(raw), 2)]


def event(parts):
    """Of [[topic, partition, first offset, one past the last], …], as the mapping writes it."""
    lists = {}
    for topic, partition, first, end in parts:
        lists[f"{topic}-{partition}"] = [{
            "topic": topic, "partition": partition, "offset": offset, "timestamp": timestamp(offset),
            "timestampType": "CREATE_TIME", "key": None, "headers": [],
            "value": base64.b64encode(value(f"{topic}-{partition}", offset).encode()).decode(),
        } for offset in range(first, end)]
    return json.dumps({"eventSource": "aws:kafka", "bootstrapServers": "b-1:9092", "records": lists,
                       "eventSourceArn": "arn:aws:kafka:eu-central-1:000000000000:cluster/c/1"})


def events_of_files(folders):
    """The distinct values of all records in the fuzzer's files, 400 to an event of the topic `kept`."""
    values = {}
    for path in (path for folder in folders for path in sorted(pathlib.Path(folder).glob("*"))):
        try:
            for records in json.loads(path.read_bytes()[1:])["records"].values():
                values.update(dict.fromkeys(record["value"] for record in records if record["value"]))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue  # no event, as most of what a fuzzer keeps
    texts = [text for text in values if isinstance(text, str) and is_base64(text)]
    records = [{"topic": "kept", "partition": 0, "offset": offset, "timestamp": START, "timestampType": "CREATE_TIME",
                "key": None, "headers": [], "value": text} for offset, text in enumerate(texts)]
    return [json.dumps({"eventSource": "aws:kafka", "records": {"kept-0": records[first:first + 400]}})
            for first in range(0, len(records), 400)]


def is_base64(text):
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def timestamp(offset):
    """Time runs on, and every so often a record is days older than all before."""
    return START + offset * 60_000 - (offset % 97 == 96) * 24 * HOUR * (offset // 10)
