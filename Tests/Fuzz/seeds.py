#!/usr/bin/env python3
"""Events to begin with, for the fuzzer: `seeds.py DIRECTORY`. The first byte of each chooses the configuration,
and where it is cut off."""

import base64
import json
import pathlib
import sys


def record(**members):
    return {"topic": "t", "partition": 0, "offset": 7, "timestamp": 1545084650987, "timestampType": "CREATE_TIME",
            "key": "a2V5", "value": value('{"a":1}'), "headers": [{"h": [104, -61]}]} | members


def value(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def event(*records, source="aws:kafka"):
    return {"eventSource": source, "bootstrapServers": "b:9092", "records": {"t-0": list(records)}}


values = ['{"a":"\\ud83d\\ude00\\n"}', '\r\n{"kafka_offset" : [1e5, -0.1, true, null, {}]}\n', "[]", "", "{" * 600,
          '{"a":01}', b'{"a":"\xed\xa0\x80"}', b"\xff\xfe{}", '{"a":"\t"}', '{"k\\u0061fka_key":1}',
          '{"id":1,"ID":2}', '{"o":[{"a":1},{"a":1,"\\u0061":2}]}', '{"Dt":1}', '{"a":{"hour":1}}', '{"a":"\\ud800"}',
          '{"long":"' + "x" * 100 + '"}']
events = [event(record(value=value(text))) for text in values]
events += [event(record(topic=topic)) for topic in ("../x", ".", "_x", "a b+c=d", "%", "ü\n", "x" * 249)]
events += [event(record(timestamp=time)) for time in (-1, 0, 2**63 - 1, -2**63, 253402300800000)]
events += [
    event(), event(record(value=None)), event(record(value="*")), event(record(offset=2**63 - 1)),
    event(record(partition="3")),
    event(*(record(offset=number, timestamp=number * 3_600_000) for number in range(5)), source="SelfManagedKafka"),
    event(record(offset=1), record(offset=20_000), record(offset=40_000)),
    event(record(headers=[{"h": "YQ=="}]), record(offset=8, headers={"h": [1]}), record(offset=9, value=None)),
    event(record(headers=None, keySchemaMetadata={"dataFormat": "AVRO", "schemaId": "1"})),
]
directory = pathlib.Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
for number, one in enumerate(events):
    for choice in b"\0\1\x82\xbf\xfa":
        text = json.dumps(one, separators=(",", ":"))
        (directory / f"{number}-{choice}").write_bytes(bytes([choice]) + text.encode())
