#!/usr/bin/env python3
"""The Glue and the reader that other tests rely on are as strict as AWS's: boto3 is the client, and each rule of the
SerDes, of projection and of registered partitions has a case that passes and one that does not."""

import datetime
import gzip
import json
import pathlib
import sys
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python"))
from athena import TEXT, Objects, QueryFailed, Table  # noqa: E402
from glue_server import GlueServer  # noqa: E402
from json_serdes import HIVE, OPENX  # noqa: E402
from sentences import run_all  # noqa: E402

NOW = datetime.datetime(2026, 11, 25, 14)
HOURLY = {"projection.enabled": "true", "projection.dt.type": "date", "projection.dt.format": "yyyy-MM-dd",
          "projection.dt.range": "2026-11-24,NOW+1DAYS", "projection.hour.type": "integer",
          "projection.hour.range": "0,23", "projection.hour.digits": "2"}


def client(glue, **options):
    return boto3.client("glue", region_name="eu-central-1", endpoint_url=glue.url, aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, **options))


def definition(columns, serde=OPENX, keys=("dt", "hour"), parameters=HOURLY, **options):
    return {"Name": "t", "TableType": "EXTERNAL_TABLE", "Parameters": dict(parameters),
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": {
                "Location": "s3://bucket/topics/t/", "InputFormat": TEXT,
                "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
                "SerdeInfo": {"SerializationLibrary": serde, "Parameters": {
                    name.replace("_", "."): value for name, value in options.items()}}}}


def expect(kind, call, *arguments, **named):
    """The call is refused by that name."""
    try:
        result = call(*arguments, **named)
    except ClientError as error:
        assert error.response["Error"]["Code"] == kind, f"{error}, not {kind}"
    except QueryFailed as error:
        assert error.code == kind, f"{error}, not {kind}"
    else:
        raise AssertionError(f"{arguments} gives {result}, not {kind}")


# --- Glue -------------------------------------------------------------------------------------------------------------

def test_versions_begin_at_0_and_an_update_replaces_the_definition():
    with GlueServer() as glue:
        to = client(glue)
        table = definition([("a", "bigint")]) | {"Description": "mine"}
        to.create_table(DatabaseName="db", TableInput=table | {"Name": "T"})
        assert to.get_table(DatabaseName="db", Name="t")["Table"]["VersionId"] == "0"
        update = {"DatabaseName": "db", "TableInput": definition([("b", "string")]), "SkipArchive": True}
        to.update_table(**update, VersionId="0")
        found = to.get_table(DatabaseName="DB", Name="t")["Table"]
        assert found["VersionId"] == "1" and "Description" not in found
        assert found["StorageDescriptor"]["Columns"] == [{"Name": "b", "Type": "string"}]
        expect("ConcurrentModificationException", to.update_table, **update, VersionId="0")
        expect("AlreadyExistsException", to.create_table, DatabaseName="db", TableInput=table)
        expect("EntityNotFoundException", to.get_table, DatabaseName="db", Name="other")
        expect("EntityNotFoundException", to.create_table, DatabaseName="other", TableInput=table)
        assert glue.catalog.archived == 0 and [it["outcome"] for it in glue.log][-1] == "EntityNotFoundException"


def refused(glue, action, body, credentials=Credentials("test", "test")):
    """The name of Glue's refusal of a request that boto3 would not send."""
    request = AWSRequest("POST", glue.url + "/", data=json.dumps(body), headers={
        "X-Amz-Target": f"AWSGlue.{action}", "Content-Type": "application/x-amz-json-1.1"})
    if credentials:
        SigV4Auth(credentials, "glue", "eu-central-1").add_auth(request)
    try:
        urllib.request.urlopen(urllib.request.Request(
            request.url, request.data.encode(), dict(request.headers), method="POST")).read()
    except urllib.error.HTTPError as error:
        return json.load(error)["__type"]
    return None


def test_what_glue_does_not_know_is_refused():
    with GlueServer() as glue:
        good = definition([("a", "bigint")])
        for more in ({"VersionId": "0"}, {"CreateTime": 1}, {"Parameters": {"a": 1}}, {"Name": "x" * 256},
                     {"Name": "a\nb"}, {"StorageDescriptor": {"Columns": [{"Type": "bigint"}]}}, {"Retention": True},
                     {"StorageDescriptor": {"Columns": [{"Name": "a", "Type": "x" * 131_073}]}}):
            body = {"DatabaseName": "db", "TableInput": good | more}
            assert refused(glue, "CreateTable", body) == "ValidationException", more
        assert refused(glue, "GetTable", {"DatabaseName": "db"}) == "ValidationException"
        assert refused(glue, "GetTabel", {}) == "UnknownOperationException"
        assert refused(glue, "UpdateTable", {"DatabaseName": "db"}) == "InvalidInputException"
        assert not glue.catalog.versions
        assert refused(glue, "CreateTable", {"DatabaseName": "db", "TableInput": good}) is None


def test_a_signature_that_does_not_hold_is_refused():
    with GlueServer() as glue:
        body = {"DatabaseName": "db"}
        assert refused(glue, "GetTables", body, Credentials("test", "wrong")) == "InvalidSignatureException"
        assert refused(glue, "GetTables", body, Credentials("other", "test")) == "UnrecognizedClientException"
        assert refused(glue, "GetTables", body, None) == "IncompleteSignatureException"


def test_partitions_fail_one_by_one():
    with GlueServer() as glue:
        to, place = client(glue), {"DatabaseName": "db", "TableName": "t"}
        table = definition([("a", "bigint")])
        to.create_table(DatabaseName="db", TableInput=table)
        entry = lambda *values: {"Values": list(values), "StorageDescriptor": table["StorageDescriptor"]}
        made = to.batch_create_partition(**place, PartitionInputList=[entry("d", "1"), entry("d", "1"), entry("d")])
        codes = [error["ErrorDetail"]["ErrorCode"] for error in made["Errors"]]
        assert codes == ["AlreadyExistsException", "InvalidInputException"], codes
        to.batch_create_partition(**place, PartitionInputList=[entry("e", str(n)) for n in range(100)])
        pages = to.get_paginator("get_partitions").paginate(**place, Expression="dt = 'e'")
        assert sum(len(page["Partitions"]) for page in pages) == 100
        expect("ValidationException", to.batch_create_partition, **place, PartitionInputList=[entry("f", "1")] * 101)
        changed = to.batch_update_partition(**place, Entries=[
            {"PartitionValueList": values, "PartitionInput": entry(*values)} for values in (["d", "1"], ["d", "2"])])
        assert [error["ErrorDetail"]["ErrorCode"] for error in changed["Errors"]] == ["EntityNotFoundException"]
        expect("EntityNotFoundException", to.get_partition, **place, PartitionValues=["d", "9"])


def test_each_fault_strikes_as_its_name_says():
    with GlueServer() as glue:
        to, table = client(glue, read_timeout=1), definition([("a", "bigint")])
        glue.faults.due = [{"fault": "conflict", "action": "CreateTable"}]
        expect("AlreadyExistsException", to.create_table, DatabaseName="db", TableInput=table)
        update = lambda version: to.update_table(DatabaseName="db", TableInput=table, VersionId=version)
        for fault, code, done in (("conflict", "ConcurrentModificationException", 1),
                                  ("before", "InternalServiceException", 0), ("after", "InternalServiceException", 1),
                                  ("throttled", "ThrottlingException", 0), ("denied", "AccessDeniedException", 0)):
            version = glue.catalog.current("db", "t")[0]
            glue.faults.due = [{"fault": fault}]
            expect(code, update, str(version))
            assert glue.catalog.current("db", "t")[0] == version + done, fault
        for fault, error, done in (("lost", (ConnectionClosedError, EndpointConnectionError), 1),
                                   ("silent", ReadTimeoutError, 0)):
            version = glue.catalog.current("db", "t")[0]
            glue.faults.due = [{"fault": fault}]
            try:
                update(str(version))
            except error:
                assert glue.catalog.current("db", "t")[0] == version + done, fault
            else:
                raise AssertionError(f"{fault} does not strike")


def test_crawlers_start():
    with GlueServer() as glue:
        client(glue).start_crawler(Name="crawler")
        assert glue.catalog.crawlers == {"crawler": 1}
        expect("EntityNotFoundException", client(glue).start_crawler, Name="other")


# --- The reader -------------------------------------------------------------------------------------------------------

def value(kind, text, serde=OPENX, **options):
    """What a column `a` of that type shows of {"A": text}."""
    table = Table(definition([("a", kind)], serde, **options), now=NOW)
    objects = Objects({"topics/t/dt=2026-11-25/hour=03/x.json": f'{{"A":{text}}}\n'.encode()})
    return table.rows(objects)[0][1]["a"]


def test_each_type_takes_what_it_can_hold():
    for kind, text, wanted in (
            ("bigint", "-9223372036854775808", -1 << 63), ("bigint", "null", None), ("int", "5", 5),
            ("boolean", "true", True),
            ("double", "3", 3.0), ("double", "1e-3", 0.001), ("string", "1.50", "1.50"), ("string", "false", "false"),
            ("string", '"\\u00e9\\n"', "é\n"), ("string", '{"B":[1,null]}', '{"b":[1,null]}'),
            ("array<bigint>", "[]", []),
            ("array<array<string>>", '[["x",1],null]', [["x", "1"], None]),
            ("struct<b:bigint,c:struct<d:string>>", '{"B":1,"z":2,"c":{"D":"x"}}', {"b": 1, "c": {"d": "x"}}),
            ("map<string,bigint>", '{"x":1}', {"x": 1}), ("struct<b:bigint>", "{}", {"b": None}),
            ("timestamp", "1795262400000", datetime.datetime(2026, 11, 21, 12)),
            ("timestamp", '"2026-11-21T12:00:00.5+01:00"', datetime.datetime(2026, 11, 21, 11, 0, 0, 500000)),
            ("timestamp", "999999999999", "HIVE_BAD_DATA"), ("date", '"2026-11-21"', datetime.date(2026, 11, 21))):
        if wanted == "HIVE_BAD_DATA":
            expect(wanted, value, kind, text)
        else:
            assert value(kind, text) == wanted, (kind, text, value(kind, text))


def test_what_does_not_fit_its_type_fails_the_query():
    for kind, text in (("bigint", "9223372036854775808"), ("bigint", "1.5"), ("bigint", "1e5"), ("bigint", '"x"'),
                       ("bigint", "true"), ("int", "2147483648"), ("double", '"x"'), ("double", "false"),
                       ("boolean", "1"), ("boolean", '"x"'), ("bigint", "{}"), ("double", "[1]"),
                       ("array<bigint>", "1"), ("array<bigint>", '["x"]'), ("struct<b:bigint>", "[1]"),
                       ("struct<b:bigint>", '{"b":{}}'), ("map<string,bigint>", "[]"), ("date", '"x"'),
                       ("timestamp", '"yesterday"')):
        expect("HIVE_BAD_DATA", value, kind, text)
        expect("HIVE_BAD_DATA", value, kind, text, serde=HIVE)
    expect("HIVE_BAD_DATA", value, "string", "{}", serde=HIVE)
    expect("HIVE_BAD_DATA", value, "bigint", '"1"', serde=HIVE)
    assert value("bigint", '"1"') == 1 and value("bigint", '"x"', use_null_for_invalid_data="true") is None


def test_a_line_that_is_no_object_fails_the_query():
    for line in (b"[1]", b"", b"{", b'{"a":1,"A":2}', b'{"b":{"c":1,"C":2}}', b'{"a":NaN}', b'{"a":"\xff"}',
                 b'{"a":1}{}'):
        table = Table(definition([("a", "bigint")]), now=NOW)
        objects = Objects({"topics/t/dt=2026-11-25/hour=03/x.json": line + b"\n"})
        expect("HIVE_CURSOR_ERROR", table.rows, objects)


def test_names_are_found_as_openx_finds_them():
    objects = Objects({"topics/t/dt=2026-11-25/hour=03/x.json": b'{"a.b":1,"X y":2,"_z":3,"select":4}\n'})

    def row(columns, **more):
        return Table(definition([(name, "bigint") for name in columns], **more), now=NOW).rows(objects)[0][1]

    found = row(["a_b", "x y", "_z", "select"])
    assert [found[name] for name in ("a_b", "x y", "_z", "select")] == [None, 2, 3, 4], found
    assert row(["a_b"], dots_in_keys="true")["a_b"] == 1
    assert row(["first"], **{"mapping_first": "X y"})["first"] == 2
    assert row(["x y"], case_insensitive="false")["x y"] is None
    for columns in (["A"], ["a", "a"], ["dt"], ["a.b"], ["a,b"], ["a|b"], [" "]):
        expect("HIVE_INVALID_METADATA", row, columns)
    assert row([]) == {"dt": "2026-11-25", "hour": "03"}


def test_types_are_parsed_as_hive_parses_them():
    for kind in ("struct<a-b:bigint>", "struct<>", "array<>", "struct<a:bigint", "struct<a:bigint,A:string>", "number",
                 "struct<a:b:bigint>", "", "array<bigint>>", "struct<:bigint>"):
        expect("HIVE_METASTORE_ERROR", value, kind, "null")
    for kind in ("struct<a b:bigint,_c.d:array<decimal(10,2)>>", "decimal(38)", "varchar(3)", "map<string,int>"):
        assert value(kind, "null") is None
    assert value("varchar(3)", '"abcd"') == "abc"
    expect("HIVE_BAD_DATA", value, "decimal(4,2)", "1.234")


def keys_read(keys, now=NOW, **parameters):
    by = [key for key in ("dt", "hour") if any(f"{key}=" in it for it in keys)]
    table = Table(definition([("a", "bigint")], keys=by, parameters=HOURLY | parameters), now=now)
    objects = Objects({key: gzip.compress(b'{"a":1}\n') if key.endswith(".gz") else b'{"a":1}\n' for key in keys})
    read = {key for key, _ in table.rows(objects)}
    visible = [it for it in sorted(keys) if "/." not in it and "/_" not in it]
    assert table.unseen(objects) == [it for it in visible if it not in read]
    return [key.removeprefix("topics/t/") for key in sorted(read)]


def test_only_projected_folders_are_read():
    folder = lambda day, hour, name="x.json": f"topics/t/dt={day}/hour={hour}/{name}"
    day = "2026-11-24"
    seen = [("2026-11-24", "00"), ("2026-11-26", "23")]
    unseen = [("2026-11-23", "05"), ("2026-11-27", "05"), ("2026-11-25", "5"), ("2026-11-25", "24")]
    assert keys_read([folder(*it) for it in seen + unseen]) == [folder(*it)[9:] for it in seen]
    hidden = [folder("2026-11-25", "03", name) for name in (".crawled", "_x.json", "_tmp/x.json")]
    assert keys_read(hidden + [folder("2026-11-25", "03", "y/x.json.gz")]) == ["dt=2026-11-25/hour=03/y/x.json.gz"]
    range_of = {"projection.dt.range": "NOW-1DAYS,NOW"}
    found = keys_read([folder(day, "05"), folder("2026-11-23", "05")], **range_of)
    assert found == [f"dt={day}/hour=05/x.json"]
    range_of = {"projection.dt.range": "2026-11-20,2026-11-24"}
    found = keys_read([folder(day, "05"), folder("2026-11-25", "05")], **range_of)
    assert found == [f"dt={day}/hour=05/x.json"]
    enum = {"projection.hour.type": "enum", "projection.hour.values": "a,b"}
    assert keys_read([folder(day, "a"), folder(day, "c")], **enum) == [f"dt={day}/hour=a/x.json"]
    steps = {"projection.hour.interval": "2"}
    assert keys_read([folder(day, "02"), folder(day, "03")], **steps) == [f"dt={day}/hour=02/x.json"]
    assert keys_read(["topics/t/y/x.json"]) == ["y/x.json"]  # not partitioned
    for name, wrong in (("projection.dt.range", "2026-11-24"), ("projection.dt.range", "x,NOW"),
                        ("projection.hour.type", "number"), ("projection.hour.range", "a,b")):
        expect("INVALID_TABLE_PROPERTY", keys_read, [folder(day, "05")], **{name: wrong})


def test_registered_partitions_are_compared_by_place():
    objects = Objects({f"topics/t/dt=d/hour={hour}/x.json": b'{"a":1,"b":"x"}\n' for hour in "123"})
    columns = [("a", "bigint"), ("b", "string")]

    def read(*partitions):
        table = definition(columns, parameters={})
        parts = [{"Values": ["d", hour], "StorageDescriptor": definition(of)["StorageDescriptor"] | {
            "Location": f"s3://bucket/topics/t/dt=d/hour={hour}"}} for hour, of in partitions]
        return [row["b"] for _, row in Table(table, parts).rows(objects)]

    assert read(("1", columns), ("2", columns[:1])) == ["x", None]
    expect("HIVE_PARTITION_SCHEMA_MISMATCH", read, ("1", [("b", "string"), ("a", "bigint")]))
    expect("HIVE_PARTITION_SCHEMA_MISMATCH", read, ("1", [("a", "double")]))


def test_a_damaged_object_fails_the_query():
    table = Table(definition([("a", "bigint")]), now=NOW)
    expect("HIVE_CURSOR_ERROR", table.rows, Objects({"topics/t/dt=2026-11-25/hour=03/x.json.gz": gzip.compress(
        json.dumps({"a": 1}).encode())[:-9]}))


run_all(globals())
