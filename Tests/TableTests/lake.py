"""S3 and Glue for the tests of tables, and an Athena that looks at both.

    python lake.py

prints one line of JSON with ports when all is there, and runs until its parent ends. A JSON object that is POSTed to
the port `questions` names a method of `Lake`, which is called with the other members.
"""

import http.client
import http.server
import json
import signal
import sys
import threading
import urllib.parse

import shapes
from athena import Bucket, QueryFailed, Table, lines_of
from glue_server import GlueServer, Server, copied
from json_serdes import Number, text_of
from ministack_server import REGION, LocalAWS
from parent import serve_until_parent_ends


class Lake:
    def __init__(self, s3, glue):
        self.s3, self.glue, self.buckets = s3, glue, {}
        self.versions_at = {}  # (bucket, key) -> {table: how many versions it had when the object's PUT came}

    # --- What tests set up

    def make(self, bucket):
        """A bucket with a database of the same name."""
        self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.glue.catalog.databases.add(bucket)
        self.buckets[bucket] = Bucket(self.s3, bucket)

    def faults(self, database, due):
        faults = self.glue.faults
        others = [it for it in faults.due if it["database"] != database]
        faults.due = others + [it | {"database": database} for it in due]

    def event(self, parts):
        return {"event": shapes.event(parts)}

    def kept(self, folders):
        return {"events": shapes.events_of_files(folders)}

    def edit(self, database, table, **changes):
        """As people do in the console: what `parameters`, `columns` ({name: {…}}), `storage` and `definition` have is
        put into its definition."""
        version, definition = self.glue.catalog.current(database, table)
        definition = copied(definition)
        definition.setdefault("Parameters", {}).update(changes.get("parameters", {}))
        for column in definition["StorageDescriptor"]["Columns"]:
            column.update(changes.get("columns", {}).get(column["Name"], {}))
        definition["StorageDescriptor"].update(changes.get("storage", {}))
        definition.update(changes.get("definition", {}))
        self.glue.catalog.UpdateTable(database, definition, str(version))

    def create(self, database, table):
        self.glue.catalog.CreateTable(database, table)

    # --- What tests ask

    def actions(self, database):
        """Of the requests to Glue about a database so far."""
        return {"actions": [entry["action"] for entry in self.glue.log
                            if (entry["body"] or {}).get("DatabaseName") == database]}

    def refusals(self, database):
        """Requests that no faults were to blame for."""
        usual = {"done", "ConcurrentModificationException", "AlreadyExistsException", "EntityNotFoundException"}
        return {"wrong": [f"{entry['action']}: {entry['outcome']} {json.dumps(entry['body'])[:500]}"
                          for entry in self.glue.log if entry["outcome"] not in usual and not entry["fault"]
                          and (entry["body"] or {}).get("DatabaseName", database) == database]}

    def definition(self, database, table):
        return {"text": json.dumps(self.glue.catalog.shown(database, table))}

    def check(self, bucket, meanwhile=False, partitions=False):
        """{"wrong": at most 20 faults, "rows" and "quarantined": how many, "columns": by table, "columnless": members
        that no column shows although they hold something}. `meanwhile` while objects are being
        written; `partitions`: as those read who see registered ones only."""
        return Check(self, bucket).answer(meanwhile, partitions)


class Check:
    def __init__(self, lake, bucket):
        self.catalog, self.bucket, self.objects = lake.glue.catalog, bucket, lake.buckets[bucket]
        self.versions_at = lake.versions_at
        self.wrong, self.rows, self.columns, self.columnless = [], 0, {}, set()

    def answer(self, meanwhile, partitions):
        # Listed before the tables are read: those may be wider by then, and must not be narrower.
        keys = self.objects.under("topics/")
        topics = {}
        for key in keys:
            topics.setdefault(key.split("/")[1], []).append(key)
        for topic, of_topic in topics.items():
            try:
                name = self.table_at(f"s3://{self.bucket}/topics/{topic}/")
                self.topic(name, of_topic, partitions)
                if not meanwhile:
                    self.history(name, of_topic)
            except (QueryFailed, LookupError) as error:
                self.wrong.append(f"{topic}: {error}")
        return {"wrong": self.wrong[:20], "rows": self.rows, "quarantined": self.quarantined(),
                "columns": self.columns, "columnless": sorted(self.columnless)}

    def quarantined(self):
        return sum(len(lines_of(key, self.objects[key])) for key in self.objects.under("errors/"))

    def table_at(self, location):
        with self.catalog.lock:
            for (database, name), versions in self.catalog.versions.items():
                if database == self.bucket and versions[-1]["StorageDescriptor"]["Location"] == location:
                    return name
        raise LookupError(f"no table of {self.bucket} lies at {location}")

    def topic(self, name, keys, partitions):
        """Each line of each object is a row of the table, with all that it holds."""
        with self.catalog.lock:
            definition = self.catalog.shown(self.bucket, name)
            registered = list(self.catalog.partitions[self.bucket, name].values())
        self.columns[name] = {it["Name"]: it["Type"] for it in definition["StorageDescriptor"]["Columns"]}
        if partitions:
            definition["Parameters"].pop("projection.enabled")
        table = Table(definition, registered)
        rows = {}
        for key, row in table.rows(self.objects):
            rows.setdefault(key, []).append(row)
        for key in keys:
            lines = self.lines(table, key)
            found = rows.pop(key, [])
            self.rows += len(found)
            if len(lines) != len(found):
                self.wrong.append(f"{key} has {len(lines)} lines, and the table {len(found)} rows of it")
            for number, (line, row) in enumerate(zip(lines, found), 1):
                self.wrong += [f"{key}, line {number}: {fault}" for fault in self.differences(table, line, row)]

    def lines(self, table, key):
        """What the lines hold, whatever the types."""
        return [table.serde.parsed(line) for line in lines_of(key, self.objects[key])]

    def differences(self, table, line, row):
        kinds = dict(table.columns)
        for name, value in line.items():
            column = shown_by(table.serde, name, line)
            if column not in kinds:
                if not is_nothing(value):
                    self.columnless.add(name)
            elif (fault := difference(table.serde, kinds[column], row[column], value)):
                yield f"{name}: {fault}"

    def history(self, name, keys):
        """Columns never went, never moved, and were there before the objects that need them."""
        versions = self.catalog.versions[self.bucket, name]
        for before, after in zip(versions, versions[1:]):
            old, new = ([it["Name"] for it in them["StorageDescriptor"]["Columns"]] for them in (before, after))
            if new[:len(old)] != old:
                self.wrong.append(f"{name}: columns {old} became {new}")
        for key in keys:
            count = self.versions_at[self.bucket, key].get((self.bucket, name), 0)
            if not count:
                self.wrong.append(f"{key} was written before there was a table")
                continue
            table = Table({"Name": name, **versions[count - 1]})
            if key not in {found for found, _, _ in table.splits(OneObject(key))}:
                self.wrong.append(f"{key} was written when no query saw its folder")
            for line, (_, row) in zip(self.lines(table, key), table.rows_of(key, self.objects)):
                self.wrong += [f"{key}, as it was written: {it}" for it in self.differences(table, line, row)]


class OneObject(dict):
    def __init__(self, key):
        super().__init__({key: b""})

    def under(self, prefix):
        return [key for key in self if key.startswith(prefix)]


def shown_by(serde, name, members):
    """The name of the column or field that shows a member of that name among these."""
    for column, key in serde.keys.items():
        if serde.folded(key) == name:
            return column
    dotless = name.replace(".", "_")
    return dotless if serde.has_dots and dotless not in members else name


def is_nothing(value):
    """Whether it has no column before there is something in it."""
    if isinstance(value, dict):
        return all(map(is_nothing, value.values()))
    return value is None or isinstance(value, list) and all(map(is_nothing, value))


def difference(serde, kind, shown, value):
    """What a column shows otherwise than the member has it, or None."""
    if value is None:
        return None if shown is None else f"{shown!r} of null"
    if kind[0] == "struct":
        fields = dict(kind[1])
        for name, it in value.items():
            field = shown_by(serde, name, value)
            if field not in fields:
                if not is_nothing(it):
                    return f"no field {name} for {text_of(it)[:60]}"
            elif (fault := difference(serde, fields[field], shown[field], it)):
                return f"{name}: {fault}"
        return None
    if kind[0] == "array":
        return next(filter(None, (difference(serde, kind[1], *pair) for pair in zip(shown, value))), None)
    if kind[0] == "string":
        same = json.loads(shown, parse_int=Number, parse_float=Number) == value if isinstance(value, (dict, list)) \
            else shown == text_of(value)
    elif kind[0] == "double" and isinstance(value, Number) and not set(value) & set(".eE"):
        same = int(shown) == int(value)
    else:
        same = str(shown).lower() == text_of(value) or isinstance(value, Number) and shown == float(value) or \
            isinstance(value, Number) and kind[0] != "double" and int(shown) == int(value)
    return None if same else f"{shown!r} of {text_of(value)[:60]}"


class Recorder(http.server.BaseHTTPRequestHandler):
    """Hands requests on to S3, and notes at each PUT what the tables are before S3 hears of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lake.glue.catalog.lock:
            versions = {table: len(them) for table, them in lake.glue.catalog.versions.items()}
        connection = http.client.HTTPConnection("127.0.0.1", aws.port)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        if self.command == "PUT" and answer.status == 200:
            bucket, key = urllib.parse.urlsplit(self.path).path[1:].split("/", 1)
            lake.versions_at[bucket, urllib.parse.unquote(key)] = versions
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                self.send_header(name, value)
        length = answer.getheader("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = hand_on

    def log_message(self, *_):
        pass


class Questions(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, answer = 200, getattr(lake, question.pop("function"))(**question)
        except Exception as error:  # the test says what is wrong, not this process
            status, answer = 500, {"error": repr(error)}
        body = json.dumps(answer or {}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def served(handler):
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with LocalAWS(secure=False) as aws, GlueServer() as glue:
    lake = Lake(aws.client("s3"), glue)
    serve_until_parent_ends({"s3": served(Recorder), "glue": glue.port, "questions": served(Questions)})
