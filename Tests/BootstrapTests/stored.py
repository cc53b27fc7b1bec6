"""Whether a bucket holds what events ask for: every record once, in its place, byte for byte.

Written from the documentation of the function, not from its code. `Tests/Demo/check_objects.py` knows what a row is;
this knows the settings, redeliveries, the reasons of quarantine and what objects say of themselves.
"""

import base64
import json
import pathlib
import re
import sys
import unicodedata
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Demo"))
import check_objects  # noqa: E402

RESERVED = ("kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "kafka_key", "kafka_key_base64",
            "kafka_tombstone")


def check(texts, objects, time="hour", metadata="none", compression="gzip", prefix="topics", errors="errors",
          cut=False):
    """The list of what is wrong, empty where nothing is.

    `texts`: all events that were delivered, redelivered records included. `objects`: {key: (body, metadata)}.
    `cut`: whether the records of one folder and partition may lie in several objects, end to end.
    """
    suffix = ".json.gz" if compression == "gzip" else ".json"
    wanted = {}  # (prefix, folder, partition, file's stem) -> {offset: (record, line, reason)}
    for text in texts:
        for record in check_objects.records_of(json.loads(text)):
            line, reason = judged(record, metadata, {"hour": 2, "day": 1, "none": 0}[time])
            place = (prefix if line is not None else errors, folder(record, time), quoted_file(record["topic"]),
                     int(record["partition"]))
            wanted.setdefault(place, {})[record["offset"]] = (record, line, reason)

    wrong, found = [], {}
    for key in sorted(objects):
        match = re.fullmatch(r"(%s|%s)/(.+)/([^/]+)\+(-?\d+)\+(\d{20})%s" % (prefix, errors, re.escape(suffix)), key)
        if match and (match[1], match[2], match[3], int(match[4])) in wanted:
            found.setdefault((match[1], match[2], match[3], int(match[4])), []).append((int(match[5]), key))
        else:
            wrong.append(f"nothing belongs there: {key}")
    for place, records in wanted.items():
        kept = found.get(place, [])
        if not cut and len(kept) != 1:
            wrong.append(f"{len(kept)} objects instead of 1: {place}")
        wrong += compare(sorted(records.items()), kept, objects, metadata)
    return wrong


def compare(records, kept, objects, metadata):
    """`records`: [(offset, (record, line, reason))] of one place; `kept`: [(first offset, key)] of the same."""
    wrong, at = [], 0
    for first, key in kept:
        body, pairs = objects[key]
        lines = check_objects.lines_of(key, body)
        part = records[at:at + len(lines)]
        at += len(lines)
        if len(part) < len(lines) or not lines:
            wrong.append(f"{len(lines)} lines, {len(part)} of them due: {key}")
            continue
        if part[0][0] != first:
            wrong.append(f"begins with offset {part[0][0]}: {key}")
        for (offset, (record, line, reason)), stored in zip(part, lines):
            fits = same_row(record, line, stored, metadata) if reason is None else same_refusal(record, reason, stored)
            if not fits:
                wrong.append(f"offset {offset} of {key} should be {reason or line!r} and is {stored[:200]!r}")
        said = {"topic": part[0][1][0]["topic"], "partition": str(int(part[0][1][0]["partition"])),
                "first-offset": str(first), "last-offset": str(part[-1][0]), "record-count": str(len(lines))}
        says = {name: urllib.parse.unquote(pairs.get(name, "")) for name in said}
        if says != said:
            wrong.append(f"says of itself {says}: {key}")
    if at < len(records):
        offset, (record, *_) = records[at]
        wrong.append(f"{len(records) - at} records missing from offset {offset} on: {record['topic']}")
    return wrong


def judged(record, metadata, folders):
    """(its line, None), or (None, the reason why Athena could not read it as a row)."""
    value = record.get("value")
    if value is None:
        return None, "tombstone"
    try:
        data = base64.b64decode(value, validate=True)
    except ValueError:
        return None, "value-not-base64"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None, "not-utf-8"
    try:
        parsed = json.loads(text, parse_constant=refuse)
        depth = check_objects.depth_of(text)
    except RecursionError:
        return None, "nested-too-deep"
    except ValueError:
        return None, "malformed-json"
    if depth > check_objects.DEEPEST:
        return None, "nested-too-deep"
    if not isinstance(parsed, dict):
        return None, "not-an-object"
    if check_objects.has_lone_surrogate(text):
        return None, "lone-surrogate"
    if check_objects.names_twice(text):
        return None, "duplicate-name"
    if any(name.lower() in check_objects.PARTITION_COLUMNS[:folders] for name in parsed):
        return None, "partition-column-name"
    if metadata == "kafka":
        if any(name.lower() in RESERVED for name in parsed):
            return None, "metadata-name-taken"
        try:
            base64.b64decode(record.get("key") or "", validate=True)
        except ValueError:
            return None, "key-not-base64"
    return check_objects.line_of(value, folders), None


def refuse(text):
    raise ValueError(text)


def same_row(record, line, stored, metadata):
    if metadata == "none":
        return stored == line
    kept = json.loads(stored)
    name, key = "kafka_key", record.get("key")
    if key is not None:
        data = base64.b64decode(key)
        try:
            key = data.decode("utf-8")
        except UnicodeDecodeError:
            key = "\0"
        if any(unicodedata.category(character) == "Cc" for character in key):
            name, key = "kafka_key_base64", base64.b64encode(data).decode()
    where = {"kafka_topic": record["topic"], "kafka_partition": int(record["partition"]),
             "kafka_offset": record["offset"], "kafka_timestamp": record["timestamp"], name: key}
    return stored.startswith(line.rstrip()[:-1].rstrip()) and kept == {**json.loads(line), **where} \
        and list(kept)[-5:] == list(where)


def same_refusal(record, reason, stored):
    headers = [{"key": name, "value": base64.b64encode(bytes(b % 256 for b in value)).decode()}
               for entry in record.get("headers") or [] for name, value in entry.items()]
    return json.loads(stored) == {
        "topic": record["topic"], "partition": int(record["partition"]), "offset": record["offset"],
        "timestamp": record["timestamp"], "headers": headers, "key": record.get("key"), "value": record.get("value"),
        "reason": reason}


def folder(record, time):
    hour = check_objects.hour_of(record)
    return "/".join([quoted(record["topic"])] + hour.split("/")[:{"hour": 2, "day": 1, "none": 0}[time]])


def quoted(topic):
    """What would leave the folder or begin a Hive column is percent-encoded."""
    if topic in (".", ".."):
        return topic.replace(".", "%2E")
    return re.sub(r"[\x00-\x1f\x7f/\\=%]", lambda match: f"%{ord(match[0]):02X}", topic)


def quoted_file(topic):
    """Athena passes over files that begin with `_` or `.`."""
    return f"%{ord(topic[0]):02X}{quoted(topic[1:])}" if topic[:1] in ("_", ".") else quoted(topic)
