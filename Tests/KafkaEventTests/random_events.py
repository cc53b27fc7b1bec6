"""A second opinion on the event reader: random events, and what Python's json makes of them.

    random_events.py SEED COUNT

Prints one JSON object a line: the event's text, and its records as [topic, partition, offset, timestamp, key, value,
headers], or null where the event is not a Kafka batch. Headers are null where they have a form that only the function
knows. Some events are damaged in one place.
"""

import base64
import json
import random
import re
import sys

TOPICS = ["t", "a-b-0", "stock_market", "börse 📈", "x.y", 'quo"te', "back\\slash"]


def noise(r):
    return r.choice([None, True, -1.5e3, 0, "x", [1, {"a": []}], {"topic": "no", "records": {}}, "\u2028", "\x00"])


def record(r, topic):
    fields = {"topic": topic, "partition": r.choice([0, 1, 7, "7", 2147483647]),
              "offset": r.choice([0, 5, 2**53 + 1, 2**63 - 1])}
    if r.random() < 0.9:
        fields["timestamp"] = r.choice([0, -1, 1545084650987, -(2**63), 2**63 - 1])
    if r.random() < 0.7:
        fields["timestampType"] = r.choice(["CREATE_TIME", "LOG_APPEND_TIME"])
    for name in ("key", "value"):
        if r.random() < 0.8:
            text = base64.b64encode(r.randbytes(r.randrange(40))).decode()
            fields[name] = r.choice([None, text, text, "not base64!", "é\t"])
    if r.random() < 0.6:
        fields["headers"] = r.choice([None, [],
                                      [{r.choice(TOPICS): [r.randrange(-128, 256) for _ in range(r.randrange(4))]}
                                       for _ in range(r.randrange(4))], [{"n": None}]])
    if r.random() < 0.3:
        fields["schema" + str(r.randrange(3))] = noise(r)
    if r.random() < 0.5:
        items = list(fields.items())
        r.shuffle(items)
        fields = dict(items)
    return fields


def event(r):
    lists = {}
    for index in range(r.randrange(4)):
        topic = r.choice(TOPICS)
        lists[f"{topic}-{index}"] = [record(r, topic) for _ in range(r.randrange(5))]
    whole = {"eventSource": r.choice(["aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"]),
             "bootstrapServers": "b:9092", "records": lists}
    if r.random() < 0.3:
        whole["more"] = noise(r)
    items = list(whole.items())
    if r.random() < 0.3:
        r.shuffle(items)
    text = json.dumps(dict(items), ensure_ascii=r.random() < 0.5, indent=r.choice([None, None, 1, "\t"]),
                      separators=r.choice([(",", ":"), (", ", ": "), None]))
    if r.random() < 0.3:
        text = text.replace("/", "\\/")
    if r.random() < 0.4:
        at = r.randrange(len(text))
        text = r.choice([text[:at], text[:at] + r.choice('{}[]",:\\0-19.eE x\ntfn') + text[at + 1:],
                         text[:at] + text[at + 1:]])
    return text


def refuse(constant):
    raise ValueError(constant)


def whole(value, low, high):
    if isinstance(value, str):
        # A number in a string is one in plain decimal digits.
        if not (value.isascii() and value.lstrip("+-").isdigit() and len(value) - len(value.lstrip("+-")) <= 1):
            raise ValueError("digits")
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise ValueError("number")
    return value


def text(value):
    if value is not None and not isinstance(value, str):
        raise ValueError("text")
    return value


def read(source):
    """The records of an event, by the shape that the AWS documentation gives; raises where it has another."""
    top = json.loads(source, parse_constant=refuse, object_pairs_hook=lambda pairs: ("object", pairs))
    if not is_object(top):
        raise ValueError("object")
    found, has_source = [], False
    has_records = False
    for name, value in top[1]:
        if name == "eventSource":
            if value not in ("aws:kafka", "SelfManagedKafka", "aws:SelfManagedKafka"):
                raise ValueError("source")
            has_source = True
        elif name == "records":
            has_records = True
            if not is_object(value):
                raise ValueError("records")
            for _, items in value[1]:
                if not isinstance(items, list):
                    raise ValueError("list")
                found += [one(item) for item in items]
    if not has_source or not has_records:
        raise ValueError("members")
    return found


def is_object(value):
    return isinstance(value, tuple)


def one(item):
    if not is_object(item):
        raise ValueError("record")
    fields = {"timestamp": -1}
    # Each occurrence of a field must have its type, also one that a later occurrence replaces.
    for name, value in item[1]:
        if name == "topic":
            if not isinstance(value, str):
                raise ValueError("topic")
            fields[name] = value
        elif name in ("partition", "offset", "timestamp"):
            fields[name] = whole(value, -(2**63), 2**63 - 1)
        elif name in ("key", "value"):
            fields[name] = text(value)
        elif name == "headers":
            fields[name] = headers(value)
    if not fields["topic"]:
        raise ValueError("topic")
    whole(fields["partition"], 0, 2**31 - 1)
    whole(fields["offset"], 0, 2**63 - 1)
    return [fields["topic"], fields["partition"], fields["offset"], fields["timestamp"], fields.get("key"),
            fields.get("value"), fields.get("headers", [])]


def headers(value):
    """Names and bytes; None where a value is in a form that only emulators send, of which there is no opinion here.
    Headers never keep a record back."""
    lists = value if isinstance(value, list) else [value]
    members = [member for item in lists if is_object(item) for member in item[1]]
    if not all(data is None or is_bytes(data) for _, data in members):
        return None
    return [[name, data and [byte % 256 for byte in data]] for name, data in members]


def is_bytes(data):
    return isinstance(data, list) and all(type(byte) is int and -128 <= byte <= 255 for byte in data)


def mended(value):
    """Half of a surrogate pair cannot be written as UTF-8: a reader puts U+FFFD in its place."""
    if isinstance(value, list):
        return [mended(item) for item in value]
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else value


def opinion(source):
    try:
        return mended(read(source))
    except (ValueError, KeyError, RecursionError):
        return None


if __name__ == "__main__":
    r = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        source = event(r)
        print(json.dumps({"event": source, "records": opinion(source)}))
