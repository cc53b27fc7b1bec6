#!/usr/bin/env python3
"""Writes awkward.json to standard output: one batch with every kind of record that has broken a consumer.

    events/make-awkward.py > events/awkward.json

The JSON is put together by hand, since no library writes it this way. The header `case` of a record says
what it is there for; `row` or `quarantine` says where a record belongs: under the ingestion prefix as a
line, or under the errors prefix with the reason.
"""

import base64

NIGHT = 1795305599999  # 2026-11-21T23:59:59.999Z: the last millisecond of a day


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def signed(text):
    return "[" + ",".join(str(b - 256 if b > 127 else b) for b in text.encode()) + "]"


def stock(index, **more):
    row = {"Index": index, "Date": "2021-05-27", "Open": "3342.5", "Close": "3334.7", **more}
    quoted = {"Index", "Date"}
    return "{" + ",".join(f'"{k}":"{v}"' if k in quoted else f'"{k}":{v}' for k, v in row.items()) + "}"


class Topic:
    """Records of one topic-partition, their offsets counting up."""

    def __init__(self, name, partition, offset):
        self.name, self.partition, self.offset = name, partition, offset
        self.lines = []

    def add(self, case, value='null', key='"' + b64("k") + '"', ms=NIGHT, headers=None, template=None):
        headers = headers if headers is not None else '[{"case":%s}]' % signed(case)
        template = template or (
            '{"topic":"%(topic)s","partition":%(partition)s,"offset":%(offset)d,"timestamp":%(ms)d,'
            '"timestampType":"CREATE_TIME","key":%(key)s,"value":%(value)s,"headers":%(headers)s}'
        )
        self.lines.append(template % dict(
            topic=self.name, partition=self.partition, offset=self.offset, ms=ms, key=key, value=value,
            headers=headers))
        self.offset += 1

    def value(self, case, data, **more):
        self.add(case, '"' + b64(data) + '"', **more)

    def text(self, name):
        return f' "{name}":[\n  ' + ",\n  ".join(self.lines) + "\n ]"


# A topic whose name ends like a partition number: its map key cannot be taken apart at the last dash.
rows = Topic("odd-records-1", 2, 9_007_199_254_740_991)
rows.value("row: no key", stock("N100"), key="null")
rows.add("row: key absent", template='{"topic":"%(topic)s","partition":%(partition)s,"offset":%(offset)d,'
         '"timestamp":%(ms)d,"timestampType":"CREATE_TIME","value":"' + b64(stock("N100")) + '","headers":%(headers)s}')
rows.value("row: empty key", stock("N100"), key='""')
rows.value("row: key is not UTF-8", stock("N100"), key='"' + b64(b"\xff\xfe\x00") + '"')
rows.value("row: first millisecond of the next day", stock("N100"), ms=NIGHT + 1)
rows.value("row: time before 1970", stock("N100"), ms=-1)
rows.value("row: LOG_APPEND_TIME and reordered fields", "", template=(
    '{"headers":%(headers)s,"value":"' + b64(stock("N100")) + '","timestampType":"LOG_APPEND_TIME",'
    '"timestamp":%(ms)d,"key":%(key)s,"offset":%(offset)d,"partition":%(partition)s,"topic":"%(topic)s"}'))
rows.value("row: unknown fields of every type", "", template=(
    '{"leaderEpoch":7,"topic":"%(topic)s","x":{"value":"bm90IG1l","y":[1,{"offset":3},"]}\\"\\\\"]},'
    '"partition":%(partition)s,"n":null,"t":true,"f":-1.5e-7,"offset":%(offset)d,"timestamp":%(ms)d,'
    '"timestampType":"CREATE_TIME","key":%(key)s,"value":"' + b64(stock("N100"))
    + '","headers":%(headers)s,"last":[]}'))
rows.value("row: schema registry's metadata", "", template=(
    '{"topic":"%(topic)s","partition":%(partition)s,"offset":%(offset)d,"timestamp":%(ms)d,'
    '"timestampType":"CREATE_TIME","key":%(key)s,"keySchemaMetadata":{"dataFormat":"JSON","schemaId":"11"},'
    '"value":"' + b64(stock("N100")) + '",'
    '"valueSchemaMetadata":{"dataFormat":"JSON","schemaId":"5e2b9d3a-41c6-4b49-a6f5-d5ce1c1ee1a3"},'
    '"headers":%(headers)s}'))
rows.value("row: escapes in names and values of the event", "", template=(
    '{"t\\u006fpic":"odd\\u002drecords-1","partition":%(partition)s,"offset":%(offset)d,"timestamp":%(ms)d,'
    '"timestampType":"CREATE\\u005fTIME","key":%(key)s,"val\\u0075e":"' + b64(stock("N100")).replace("S", "\\u0053", 1)
    + '","headers":%(headers)s}'))
slashes = b64('{"Index":"?\u00bf?\u00ff?~\u07ff?","Close":1}')
assert "/" in slashes
rows.add("row: slash escaped in base64", '"' + slashes.replace("/", "\\/") + '"')
rows.value("row: white space between the record's fields", "", template=(
    '{ "topic" :\t"%(topic)s" , "partition":\r\n %(partition)s , "offset": %(offset)d, "timestamp": %(ms)d ,'
    '"timestampType":"CREATE_TIME","key" : %(key)s, "value" : "' + b64(stock("N100"))
    + '" , "headers" : %(headers)s }'))
rows.value("row: no headers", stock("N100"), headers="[]")
rows.add("row: headers absent", template='{"topic":"%(topic)s","partition":%(partition)s,"offset":%(offset)d,'
         '"timestamp":%(ms)d,"timestampType":"CREATE_TIME","key":%(key)s,"value":"' + b64(stock("N100")) + '"}')
rows.value("row: repeated header names, signed and unsigned bytes, empty header", stock("N100"), headers=(
    '[{"case":%s},{"h":[-61,-87,-128,127,0]},{"h":[195,169,255]},{"h":[]},{"":[1]}]' % signed("row: headers")))
rows.value("row: pretty-printed", '{\n  "Index" : "N100",\r\n\t"Text":"line\\nbreak",\n  "List" : [ 1, 2 ]\n}\n')
rows.value("row: spaces but no line breaks", ' { "Index" : "N100" , "Adj Close":\t3334.7 } ')
rows.value("row: every escape and every plane",
           '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00","b":"é€😀\u2028","":{}}')
rows.value("row: empty object", "{}")
rows.value("row: numbers at their limits", '{"a":-0,"b":1e400,"c":123456789012345678901234567890,"d":0.1E-12}')
rows.value("row: nested as deeply as is taken", '{"a":' + "[" * 126 + "]" * 126 + "}")
rows.value("row: a name once in each of several objects",
           '{"a":{"a":1},"b":[{"a":2},{"a":3}],"c":"\\"a\\":1,\\"a\\":2"}')
rows.value("row: a partition column's name further in", '{"time":{"dt":"2026-11-21","hour":7}}')
rows.value("row: header in base64", stock("N100"), headers='[{"case":"%s"}]' % b64("row: header in base64"))
rows.value("row: headers as one object", stock("N100"), headers='{"case":%s}' % signed("row: headers as one object"))
rows.value("row: nested 20 deep", '{"a":' + "[" * 19 + "]" * 19 + "}")
rows.value("row: one long line", '{"a":"' + "x" * 20_000 + '"}')

bad = Topic("odd.records", '"3"', 0)  # the partition as a string
bad.value("row: partition as a string", stock("N100"))
bad.add("quarantine: tombstone")
bad.add("quarantine: value absent", template='{"topic":"%(topic)s","partition":%(partition)s,"offset":%(offset)d,'
        '"timestamp":%(ms)d,"timestampType":"CREATE_TIME","key":%(key)s,"headers":%(headers)s}')
bad.add("quarantine: tombstone without key", key="null")
bad.add("quarantine: empty value", '""')
bad.value("quarantine: white space", " \n ")
bad.value("quarantine: NaN", stock("N100", CloseUSD="NaN"))
bad.value("quarantine: Infinity", stock("N100", CloseUSD="-Infinity"))
bad.value("quarantine: array", "[" + stock("N100") + "]")
bad.value("quarantine: number", "3342.5")
bad.value("quarantine: text", '"N100"')
bad.value("quarantine: null", "null")
bad.value("quarantine: plain text", "N100,2021-05-27,3342.5")
bad.value("quarantine: two objects", stock("N100") + stock("N100"))
bad.value("quarantine: cut off", stock("N100")[:-5])
bad.value("quarantine: trailing comma", '{"a":1,}')
bad.value("quarantine: single quotes", "{'a':1}")
bad.value("quarantine: number with leading zero", '{"a":01}')
bad.value("quarantine: control character in a string", '{"a":"x\ty"}')
bad.value("quarantine: bad escape", '{"a":"\\x41"}')
bad.value("quarantine: byte order mark", "\ufeff" + stock("N100"))
bad.value("quarantine: not UTF-8", b'{"a":"\xff"}')
bad.value("quarantine: overlong UTF-8", b'{"a":"\xc0\xaf"}')
bad.value("quarantine: UTF-8 of a surrogate", b'{"a":"\xed\xa0\x80"}')
bad.value("quarantine: UTF-16", stock("N100").encode("utf-16-le"))
bad.value("quarantine: five bytes of a schema registry before the object",
          b"\x00\x00\x00\x00\x07" + stock("N100").encode())
bad.value("quarantine: name twice", '{"id":1,"id":2}')
bad.value("quarantine: name twice but for its case", '{"userId":3,"userid":4}')
bad.value("quarantine: name twice further in", '{"o":[{"A":1},{"A":1,"a":2}]}')
bad.value("quarantine: name twice, once with an escape", '{"\\u0069d":1,"id":2}')
bad.value("quarantine: name twice but for its case, beyond ASCII", '{"État":1,"état":2}')
bad.value("quarantine: name of a partition column", '{"dt":1790000000,"temp":3.5}')
bad.value("quarantine: name of a partition column in another case", '{"Hour":7,"kwh":1.25}')
bad.value("quarantine: half of a surrogate pair", '{"a":"\\ud800"}')
bad.value("quarantine: nested a level too deep", '{"a":' + "[" * 127 + "]" * 127 + "}")
bad.value("quarantine: nested 5,000 deep", '{"a":' + "[" * 5000 + "]" * 5000 + "}")
bad.add("quarantine: not base64", '"### not base64 ###"')
bad.add("quarantine: base64 without its padding", '"' + b64('{"a":1}').rstrip("=") + '"')
bad.add("quarantine: base64 cut off", '"' + b64(stock("N100"))[:-3] + '"')
bad.value("row: the last one, after all of these", stock("N100"), ms=NIGHT + 3_600_001)

empty = ' "no-records-here-0":[]'
topics = [rows.text("odd-records-1-2"), empty, bad.text("odd.records-3")]
print('{"unknown":{"records":{"a-0":[{"topic":"a"}]},"n":[[[]]]},\n"records":{\n' + ",\n".join(topics)
      + '\n},\n"bootstrapServers":"broker.example.com:9092",\n"eventSource":"aws:SelfManagedKafka"}')
