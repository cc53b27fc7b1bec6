"""A Glue that is as strict as AWS's where local ones are not: versions begin at 0, an update replaces the definition
and needs the current version, a request with a member that Glue does not know or a bad signature is refused, and each
way to fail comes on demand.

    with GlueServer() as glue: …            glue.url; glue.catalog, glue.faults and glue.log for the same process

Over HTTP, without a signature: POST /_control/faults with a list of faults (see `Faults`) replaces those that are due;
GET /_control/log gives every request so far, with what became of it.
"""

import hashlib
import hmac
import http.server
import json
import random
import re
import socket
import struct
import threading
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from glue_shapes import Refusal, check

REGION, KEYS = "eu-central-1", {"test": "test"}
# What an answer has of a table besides what its writer sent.
STORAGE_DEFAULTS = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}


class Catalog:
    """Databases, tables with all their versions, partitions and crawlers. Operations are methods of Glue's names."""

    def __init__(self, database="db", crawlers=("crawler",)):
        self.lock = threading.RLock()
        self.databases, self.crawlers = {database}, dict.fromkeys(crawlers, 0)
        self.versions = {}  # (database, table) -> definitions, the last one the current
        self.partitions = {}  # (database, table) -> {values: partition}
        self.archived = 0  # versions that were kept, since nobody said SkipArchive

    # --- Tables

    def current(self, database, table):
        """(version, TableInput)"""
        found = self.versions.get((database.lower(), table.lower()))
        if database.lower() not in self.databases:
            raise Refusal("EntityNotFoundException", f"Database {database} not found.")
        if not found:
            raise Refusal("EntityNotFoundException", f"Entity Not Found: table {table}")
        return len(found) - 1, found[-1]

    def CreateDatabase(self, DatabaseInput, **_):
        name = DatabaseInput["Name"].lower()
        if name in self.databases:
            raise Refusal("AlreadyExistsException", "Database already exists.")
        self.databases.add(name)

    def GetTable(self, DatabaseName, Name, **_):
        return {"Table": self.shown(DatabaseName, Name)}

    def GetTables(self, DatabaseName, **_):
        return {"TableList": [self.shown(database, table) for database, table in sorted(self.versions)
                              if database == DatabaseName.lower()]}

    def CreateTable(self, DatabaseName, TableInput, **_):
        key = DatabaseName.lower(), TableInput["Name"].lower()
        if key[0] not in self.databases:
            raise Refusal("EntityNotFoundException", f"Database {DatabaseName} not found.")
        if key in self.versions:
            raise Refusal("AlreadyExistsException", "Table already exists.")
        self.versions[key], self.partitions[key] = [copied(TableInput)], {}

    def UpdateTable(self, DatabaseName, TableInput, VersionId=None, SkipArchive=False, **_):
        version, _ = self.current(DatabaseName, TableInput["Name"])
        if VersionId is not None and VersionId != str(version):
            raise Refusal("ConcurrentModificationException", "Update table failed due to concurrent modifications.")
        self.versions[DatabaseName.lower(), TableInput["Name"].lower()].append(copied(TableInput))
        self.archived += not SkipArchive

    def shown(self, database, table):
        version, definition = self.current(database, table)
        answer = copied(definition) | {
            "Name": table.lower(), "DatabaseName": database.lower(), "VersionId": str(version),
            "CatalogId": "000000000000", "CreateTime": 1.7e9, "UpdateTime": 1.7e9 + version,
            "CreatedBy": "arn:aws:iam::000000000000:role/somebody", "IsRegisteredWithLakeFormation": False,
            "IsMultiDialectView": False}
        answer.setdefault("Retention", 0)
        if "StorageDescriptor" in answer:
            answer["StorageDescriptor"] = STORAGE_DEFAULTS | answer["StorageDescriptor"]
        return answer

    # --- Partitions

    def BatchCreatePartition(self, DatabaseName, TableName, PartitionInputList, **_):
        return {"Errors": list(self.each(DatabaseName, TableName, [(it.get("Values", []), it)
                                                                   for it in PartitionInputList], creates=True))}

    def BatchUpdatePartition(self, DatabaseName, TableName, Entries, **_):
        errors = self.each(DatabaseName, TableName, [(it["PartitionValueList"], it["PartitionInput"])
                                                     for it in Entries], creates=False)
        return {"Errors": [{"PartitionValueList": it.pop("PartitionValues"), **it} for it in errors]}

    def UpdatePartition(self, DatabaseName, TableName, PartitionValueList, PartitionInput, **_):
        for error in self.each(DatabaseName, TableName, [(PartitionValueList, PartitionInput)], creates=False):
            raise Refusal(error["ErrorDetail"]["ErrorCode"], error["ErrorDetail"]["ErrorMessage"])

    def each(self, database, table, entries, creates):
        _, definition = self.current(database, table)
        kept, keys = self.partitions[database.lower(), table.lower()], definition.get("PartitionKeys", [])
        for values, given in entries:
            wrong = None
            if len(values) != len(keys):
                wrong = "InvalidInputException", "The number of partition keys do not match the number of values"
            elif creates and tuple(values) in kept:
                wrong = "AlreadyExistsException", "Partition already exists."
            elif not creates and tuple(values) not in kept:
                wrong = "EntityNotFoundException", "Partition not found."
            else:
                kept[tuple(values)] = copied(given) | {"Values": list(values)}
            if wrong:
                yield {"PartitionValues": values,
                       "ErrorDetail": dict(zip(("ErrorCode", "ErrorMessage"), wrong))}

    def GetPartition(self, DatabaseName, TableName, PartitionValues, **_):
        self.current(DatabaseName, TableName)
        found = self.partitions[DatabaseName.lower(), TableName.lower()].get(tuple(PartitionValues))
        if not found:
            raise Refusal("EntityNotFoundException", "Cannot find partition.")
        return {"Partition": self.placed(DatabaseName, TableName, found)}

    def GetPartitions(self, DatabaseName, TableName, Expression="", NextToken="0", MaxResults=100, **_):
        _, definition = self.current(DatabaseName, TableName)
        wanted = conditions(Expression, [key["Name"] for key in definition.get("PartitionKeys", [])])
        found = [it for _, it in sorted(self.partitions[DatabaseName.lower(), TableName.lower()].items())
                 if all(it["Values"][place] in values for place, values in wanted)]
        first = int(NextToken)
        answer = {"Partitions": [self.placed(DatabaseName, TableName, it) for it in found[first:first + MaxResults]]}
        return answer | ({"NextToken": str(first + MaxResults)} if first + MaxResults < len(found) else {})

    def placed(self, database, table, partition):
        return copied(partition) | {"DatabaseName": database.lower(), "TableName": table.lower(),
                                    "CatalogId": "000000000000", "CreationTime": 1.7e9}

    # --- Crawlers

    def StartCrawler(self, Name, **_):
        if Name not in self.crawlers:
            raise Refusal("EntityNotFoundException", f"Crawler entry with name {Name} does not exist")
        self.crawlers[Name] += 1


def conditions(expression, names):
    """[(place of the key, values)] of `a = 'x' AND b IN ('y', 'z')`, the part of Glue's language that is used here."""
    for part in filter(None, re.split(r"\s+and\s+", expression.strip(), flags=re.I)):
        found = re.fullmatch(r"(\w+)\s*(?:=\s*('[^']*')|in\s*\(([^)]*)\))", part.strip(), re.I)
        if not found or found[1] not in names:
            raise Refusal("InvalidInputException", f"Unsupported expression '{expression}'")
        yield names.index(found[1]), re.findall("'([^']*)'", found[2] or found[3])


def copied(value):
    """Without members that are null, which Glue takes for absent."""
    return json.loads(json.dumps(value), object_hook=lambda it: {k: v for k, v in it.items() if v is not None})


class Faults:
    """What goes wrong, and when. A fault is {"fault": …, "action" and "database": names, or absent for all,
    "times": how often (1), or "chance": of each request}:

    conflict   somebody else changes the table just before, so that the version that was read is stale
    before     InternalServiceException, and nothing was done
    after      the same, but all was done
    lost       all was done, and the connection is reset
    throttled, denied, silent (nothing is done, nothing answered until the client hangs up)
    slow       the answer comes late, and may be stale by then
    """

    def __init__(self, seed=0):
        self.due, self.dice = [], random.Random(seed)

    def take(self, action, database):
        for fault in self.due:
            if fault.get("action", action) != action or fault.get("database", database) != database:
                continue
            if "chance" in fault:
                if self.dice.random() < fault["chance"]:
                    return fault["fault"]
            elif fault.setdefault("times", 1) > 0:
                fault["times"] -= 1
                return fault["fault"]
        return None


class Lost(Exception):
    """The connection ends without an answer; `silent`: when the client has had enough."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(200, self.server.glue.log if self.path == "/_control/log" else {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        glue = self.server.glue
        if self.path == "/_control/faults":
            glue.faults.due = json.loads(body)
            return self.answer(200, {})
        try:
            self.answer(200, glue.carry_out(self.headers, self.path, body, self.connection) or {})
        except Refusal as refusal:
            self.answer(refusal.status, {"__type": refusal.kind, "Message": refusal.message})
        except Lost:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # it was reset

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients are killed at any moment


class GlueServer:
    def __init__(self, database="db", seed=0):
        self.catalog, self.faults, self.log = Catalog(database), Faults(seed), []
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.glue = self
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def carry_out(self, headers, path, body, connection):
        entry = {"action": None, "body": None, "outcome": "refused", "fault": None}
        with self.catalog.lock:
            self.log.append(entry)
        try:
            verify(headers, path, body)
            entry["action"] = action = headers.get("X-Amz-Target", "").removeprefix("AWSGlue.")
            entry["body"] = parsed = json.loads(body)
            if headers.get("Content-Type") != "application/x-amz-json-1.1":
                raise Refusal("SerializationException", f"Content-Type {headers.get('Content-Type')}")
            check(action, parsed)
            with self.catalog.lock:
                entry["fault"] = self.faults.take(action, parsed.get("DatabaseName"))
            return self.perform(action, parsed, entry, connection)
        except Refusal as refusal:
            entry["outcome"] = refusal.kind
            raise
        except ValueError as error:
            raise Refusal("SerializationException", str(error)) from error
        except TypeError as error:  # a member that the model does not demand, but the operation does
            raise Refusal("InvalidInputException", str(error)) from error

    def perform(self, action, parsed, entry, connection):
        fault, operation = entry["fault"], getattr(self.catalog, action, None)
        if operation is None:
            raise Refusal("AccessDeniedException", f"{action} is nothing that this Glue has")
        self.strike_before(fault, action, parsed, connection)
        with self.catalog.lock:
            answer = operation(**parsed)
            entry["outcome"] = "done"
        if fault == "after":
            raise Refusal("InternalServiceException", "It was done all the same.", 500)
        if fault == "lost":
            raise Lost
        if fault == "slow":
            time.sleep(0.1)
        return answer

    def strike_before(self, fault, action, parsed, connection):
        if fault == "before":
            raise Refusal("InternalServiceException", "Nothing was done.", 500)
        if fault == "throttled":
            raise Refusal("ThrottlingException", "Rate exceeded")
        if fault == "denied":
            raise Refusal("AccessDeniedException", f"User is not authorized to perform: glue:{action}")
        if fault == "silent":
            try:
                connection.settimeout(60)
                connection.recv(1)
            except OSError:
                pass
            raise Lost
        if fault == "conflict" and action in ("UpdateTable", "CreateTable"):
            with self.catalog.lock:
                self.interfere(action, parsed)

    def interfere(self, action, parsed):
        """Somebody else is faster: creates the same table with a column of theirs, or adds one to it."""
        if action == "CreateTable":
            theirs = copied(parsed)
            theirs["TableInput"]["StorageDescriptor"]["Columns"] = [{"Name": "theirs", "Type": "string"}]
            theirs["TableInput"].setdefault("Parameters", {}).pop("kafka-to-s3.schema", None)
            return self.catalog.CreateTable(**theirs) if not self.exists(parsed) else None
        version, definition = self.catalog.current(parsed["DatabaseName"], parsed["TableInput"]["Name"])
        theirs = copied(definition)
        theirs["StorageDescriptor"]["Columns"].append({"Name": f"theirs_{version}", "Type": "string"})
        self.catalog.UpdateTable(parsed["DatabaseName"], theirs)

    def exists(self, parsed):
        return (parsed["DatabaseName"].lower(), parsed["TableInput"]["Name"].lower()) in self.catalog.versions


# --- Signatures -------------------------------------------------------------------------------------------------------

def verify(headers, path, body):
    """Throws a Refusal unless the request has a signature (version 4) of one of KEYS that holds now."""
    found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/glue/aws4_request, ?"
                         r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})", headers.get("Authorization", ""))
    if not found:
        raise Refusal("IncompleteSignatureException", "Authorization is not that of a request to Glue")
    key, day, region, names, signature = found.groups()
    if key not in KEYS:
        raise Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
    date = headers.get("X-Amz-Date", "")
    if date[:8] != day or abs(time.time() - moment(date)) > 300:
        raise Refusal("InvalidSignatureException", f"Signature expired: {date}")
    payload = headers.get("X-Amz-Content-Sha256")
    if payload and payload != hashlib.sha256(body).hexdigest():
        raise Refusal("InvalidSignatureException", "The body is another than was signed.")
    missing = {"host", "x-amz-date"} - set(names.split(";"))
    if missing or not hmac.compare_digest(signed(headers, path, body, names, key, region, date), signature):
        raise Refusal("InvalidSignatureException",
                      "The request signature we calculated does not match the signature you provided.")


def signed(headers, path, body, names, key, region, date):
    """The signature that botocore makes of the same request."""
    request = botocore.awsrequest.AWSRequest(
        "POST", f"http://{headers['Host']}{path}", data=body, headers={name: headers[name] for name in names.split(";")
                                                                       if headers[name] is not None})
    request.context["timestamp"] = date
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, KEYS[key]), "glue", region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


def moment(date):
    try:
        return time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
    except ValueError:
        return 0
