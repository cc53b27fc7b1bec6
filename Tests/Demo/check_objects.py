"""A second opinion, written without looking at the function: which line must be in which object for an event.

Shares no code with the function. `compare` says what is missing, too many or in the wrong place.
"""

import base64
import datetime
import gzip
import json
import re

PARTITION_COLUMNS = ("dt", "hour")
DEEPEST = 127  # levels of arrays and objects that every reader takes
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
EPOCH = datetime.datetime(1970, 1, 1)
STRING_OR_SPACE = re.compile(rb'"(?:[^"\\]|\\.)*"|[ \t\r\n]+')


def records_of(event):
    return [record for found in event["records"].values() for record in found]


def expected(events, prefix="topics", suffix=".json.gz"):
    """({object key: its lines}, {(topic, partition, offset): the record to be quarantined})."""
    objects, quarantined = {}, {}
    for event in events:
        opened = {}  # one event's records of a topic-partition and hour share an object named by the first offset
        for record in records_of(event):
            topic, partition, offset = record["topic"], int(record["partition"]), record["offset"]
            line = line_of(record.get("value"))
            if line is None:
                quarantined[topic, partition, offset] = record
                continue
            folder = f"{topic}/{hour_of(record)}"
            key = opened.setdefault(
                (folder, partition), f"{prefix}/{folder}/{topic}+{partition}+{offset:020d}{suffix}")
            objects.setdefault(key, []).append(line)
    return objects, quarantined


def hour_of(record):
    return (EPOCH + datetime.timedelta(milliseconds=record["timestamp"])).strftime("dt=%Y-%m-%d/hour=%H")


def line_of(value, folders=2):
    """The value as one line, or None where a reader could not read it as a row. `folders`: how many are by time."""
    def no_such_number(text):
        raise ValueError(text)
    try:
        data = base64.b64decode(value, validate=True)
        text = data.decode("utf-8")
        parsed = json.loads(text, parse_constant=no_such_number)
    except (TypeError, ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or depth_of(text) > DEEPEST or has_lone_surrogate(text) or names_twice(text):
        return None
    if any(name.lower() in PARTITION_COLUMNS[:folders] for name in parsed):
        return None
    breaks = lambda space: any(c in space for c in b"\r\n")
    return STRING_OR_SPACE.sub(lambda m: b"" if m[0][:1] != b'"' and breaks(m[0]) else m[0], data)


def depth_of(text):
    depth = deepest = 0
    for bracket in re.sub(r"[^][{}]", "", STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def has_lone_surrogate(text):
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def names_twice(text):
    """Whether an object, at whatever depth, has two names that differ in case at most."""
    found = []

    def members(pairs):
        names = [name.upper().lower() for name, _ in pairs]
        found.append(len(set(names)) < len(names))
        return dict(pairs)

    json.loads(text, object_pairs_hook=members)
    return any(found)


def lines_of(key, body):
    data = gzip.decompress(body) if key.endswith(".gz") else body
    lines = data.split(b"\n")
    assert lines.pop() == b"", f"{key} does not end with a line feed"
    return lines


def compare(events, bucket, prefix="topics", errors_prefix="errors"):
    """`bucket`: {key: body}. The list of what is wrong; empty where every record is there exactly once."""
    objects, quarantined = expected(events, prefix)
    wrong = []
    rows = {key: lines_of(key, body) for key, body in bucket.items() if key.startswith(prefix + "/")}
    for key in sorted(objects.keys() - rows.keys()):
        wrong.append(f"missing: {key}")
    for key in sorted(rows.keys() - objects.keys()):
        wrong.append(f"not expected: {key}")
    for key in sorted(objects.keys() & rows.keys()):
        if objects[key] != rows[key] and not with_metadata(objects[key], rows[key]):
            wrong.append(f"other lines than expected: {key}")

    seen = {}
    for key, body in bucket.items():
        if key.startswith(errors_prefix + "/"):
            for line in lines_of(key, body):
                record = json.loads(line)
                place = record["topic"], int(record["partition"]), record["offset"]
                seen.setdefault(place, []).append((key, record))
        elif not key.startswith(prefix + "/"):
            wrong.append(f"outside of both prefixes: {key}")
    for place in sorted(quarantined.keys() | seen.keys()):
        found, record = seen.get(place, []), quarantined.get(place)
        if record is None or len(found) != 1:
            wrong.append(f"quarantined {len(found)} times instead of {0 if record is None else 1}: {place}")
        elif f"{errors_prefix}/{place[0]}/{hour_of(record)}/" not in found[0][0]:
            wrong.append(f"quarantined in the wrong folder: {found[0][0]}")
        elif not same_record(record, found[0][1]):
            wrong.append(f"quarantined, but not whole: {place}")
    return wrong


def with_metadata(values, lines):
    """RECORD_METADATA=kafka: each line is its value and, at the end, fields that begin with kafka_."""
    return len(values) == len(lines) and all(
        line.startswith(value.rstrip()[:-1].rstrip()) and plain(line) == json.loads(value)
        for value, line in zip(values, lines))


def plain(line):
    return {name: value for name, value in json.loads(line).items() if not name.startswith("kafka_")}


def same_record(record, kept):
    value = record.get("value")
    as_base64 = base64.b64encode((value or "").encode()).decode()  # of a text that was not base64 itself
    return bool(kept.get("reason")) and kept["timestamp"] == record["timestamp"] \
        and kept.get("key") == record.get("key") and kept.get("value") in (value, as_base64)
