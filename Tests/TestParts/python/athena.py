"""A table as Athena sees it: its Glue definition and what lies in the bucket give its rows, or the reason why there are
none. It shares no code with the function, and reads nothing but what Athena reads.

    Table(definition, partitions).rows(Objects({key: bytes}))    of GetTable and GetPartitions
    Table(definition).unseen(objects)                            objects beneath the table that no query reads

Pages of the Athena guide: "Supported types for partition projection", "Set up partition projection", "OpenX JSON
SerDe", "Updates in tables with partitions".
"""

import datetime
import gzip
import itertools
import re

from hive_types import NotAType, parse
from json_serdes import BadData, BadLine, SerDe

TEXT = "org.apache.hadoop.mapred.TextInputFormat"
UNITS = {"YEAR": 365.2425, "MONTH": 30.436875, "WEEK": 7, "DAY": 1, "HOUR": 1 / 24, "MINUTE": 1 / 1440,
         "SECOND": 1 / 86400}
# Parts of a Java date format, in strftime's words; the last of them in a format is the step's unit.
DATE_PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}


class QueryFailed(Exception):
    """What Athena says instead of rows."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class Objects(dict):
    """A bucket in memory."""

    def under(self, prefix):
        return sorted(key for key in self if key.startswith(prefix))


class Bucket:
    """One in S3. Objects do not change, so each is fetched once."""

    def __init__(self, s3, name):
        self.s3, self.name, self.kept = s3, name, {}

    def under(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def __getitem__(self, key):
        if key not in self.kept:
            self.kept[key] = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return self.kept[key]


class Table:
    def __init__(self, definition, partitions=(), now=None):
        self.name, self.parameters = definition["Name"], definition.get("Parameters", {})
        self.now = now or datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        self.storage = definition.get("StorageDescriptor", {})
        if definition.get("TableType") != "EXTERNAL_TABLE" or self.storage.get("InputFormat") != TEXT:
            raise QueryFailed("HIVE_UNSUPPORTED_FORMAT", f"{self.name} is no external table of text")
        self.serde = serde_of(self.storage)
        self.prefix = prefix_of(self.storage)
        self.keys = [(key["Name"], self.typed(key)) for key in definition.get("PartitionKeys", [])]
        self.columns = self.checked(self.storage.get("Columns", []))
        self.partitions = partitions

    # --- Definition

    def checked(self, columns):
        found = [(column["Name"], self.typed(column)) for column in columns]
        names = [name for name, _ in found + self.keys]
        if len(set(names)) != len(names):
            raise QueryFailed("HIVE_INVALID_METADATA",
                              f"Hive metadata for table {self.name} is invalid: Table descriptor contains duplicate "
                              f"columns: {sorted(name for name in set(names) if names.count(name) > 1)}")
        for name in names:
            # A comma separates names in what a SerDe is told, a bar in what OpenX looks for; a dot is none of a
            # column's by Athena's guide.
            if name != name.lower() or not name.strip() or set(name) & set(".,|"):
                raise QueryFailed("HIVE_INVALID_METADATA", f"'{name}' cannot be a column's name")
        if not names:
            raise QueryFailed("HIVE_INVALID_METADATA", f"{self.name} has no columns")
        return found

    def typed(self, column):
        try:
            return parse(column.get("Type", ""))
        except NotAType as error:
            raise QueryFailed("HIVE_METASTORE_ERROR", f"{column['Name']}: {error}") from error

    # --- Rows

    def rows(self, objects):
        """[(key, {column: value})], those of the folders among them."""
        return [row for key, *of in self.splits(objects) for row in self.rows_of(key, objects, *of)]

    def unseen(self, objects):
        seen = {key for key, _, _ in self.splits(objects)}
        return [key for key in objects.under(self.prefix) if not is_hidden(key[len(self.prefix):]) and key not in seen]

    def rows_of(self, key, objects, values=None, columns=None):
        """Of one object."""
        missing = dict.fromkeys(name for name, _ in self.columns)
        for number, line in enumerate(lines_of(key, objects[key]), 1):
            try:
                row = self.serde.row(line, self.columns if columns is None else columns)
            except BadData as error:
                raise QueryFailed("HIVE_BAD_DATA", f"{key}, line {number}: {error}") from error
            except BadLine as error:
                raise QueryFailed("HIVE_CURSOR_ERROR", f"{key}, line {number}: {error}") from error
            yield key, missing | row | (values or {})

    def splits(self, objects):
        """(key, values of the partition's columns, columns) of each object that a query without a condition reads."""
        if not self.keys:
            yield from ((key, {}, self.columns) for key in self.visible(objects, self.prefix))
        elif self.parameters.get("projection.enabled", "").strip().lower() == "true":
            yield from self.projected(objects)
        else:
            for partition in self.partitions:
                yield from self.registered(partition, objects)

    def visible(self, objects, prefix):
        return [key for key in objects.under(prefix) if not is_hidden(key[len(prefix):])]

    # --- Registered partitions

    def registered(self, partition, objects):
        storage = partition["StorageDescriptor"]
        columns = [(column["Name"], self.typed(column)) for column in storage.get("Columns", [])]
        # Those of text are compared by their places.
        for place, ((name, kind), (other, of)) in enumerate(zip(self.columns, columns)):
            if kind != of:
                raise QueryFailed("HIVE_PARTITION_SCHEMA_MISMATCH",
                                  f"column {place} '{name}' of {self.name} is declared as {kind}, but partition "
                                  f"{partition['Values']} declared '{other}' as {of}")
        if (storage.get("InputFormat"), serde_of(storage).is_openx) != (TEXT, self.serde.is_openx):
            raise QueryFailed("HIVE_UNSUPPORTED_FORMAT", f"partition {partition['Values']} is of another format")
        values = {name: value_of(kind, text) for (name, kind), text in zip(self.keys, partition["Values"])}
        known = self.columns[:len(columns)]  # a column that was added later is null in it
        for key in self.visible(objects, prefix_of(storage)):
            yield key, values, known

    # --- Projected partitions

    def projected(self, objects):
        ranges = {name: set(self.range(name)) for name, _ in self.keys}
        template = self.parameters.get("storage.location.template") or (
            f"s3://bucket/{self.prefix}" + "/".join(f"{name}=${{{name}}}" for name, _ in self.keys))
        path = template.split("/", 3)[3].rstrip("/") + "/"
        pattern = re.escape(path)
        for name, _ in self.keys:
            if f"${{{name}}}" not in path:
                raise QueryFailed("INVALID_TABLE_PROPERTY", f"storage.location.template lacks ${{{name}}}")
            pattern = pattern.replace(re.escape(f"${{{name}}}"), f"(?P<{name}>[^/]*)")
        for key in objects.under(path.split("${")[0]):
            found = re.match(pattern, key)
            if not found or is_hidden(key[found.end():]):
                continue
            if all(found[name] in ranges[name] for name, _ in self.keys):
                yield key, {name: value_of(kind, found[name]) for name, kind in self.keys}, self.columns

    def range(self, name):
        """All values of a partition's column, as they stand in a folder's name."""
        kind = self.property(name, "type").strip().lower()
        if kind == "enum":
            return self.property(name, "values").split(",")
        if kind == "integer":
            return self.integers(name)
        if kind == "date":
            return self.dates(name)
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{name}.type is '{kind}'")

    def property(self, name, which, default=None):
        value = self.parameters.get(f"projection.{name}.{which}", default)
        if value is None:
            raise QueryFailed("INVALID_TABLE_PROPERTY",
                              f"Table {self.name} is configured for partition projection, but "
                              f"projection.{name}.{which} is missing")
        return value

    def bounds(self, name):
        found = [it.strip() for it in self.property(name, "range").split(",")]
        if len(found) != 2:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{name}.range is '{','.join(found)}'")
        return found

    def integers(self, name):
        try:
            first, last = map(int, self.bounds(name))
            step, digits = int(self.property(name, "interval", "1")), int(self.property(name, "digits", "0"))
        except ValueError as error:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{name}: {error}") from error
        return [f"{number:0{digits}d}" for number in range(first, last + 1, step)]

    def dates(self, name):
        form = self.property(name, "format")
        pattern, parts = strftime_of(form)
        moments = [self.moment(name, text, pattern) for text in self.bounds(name)]
        default = {"dd": "DAYS", "MM": "MONTHS"}.get(parts[-1])
        unit = self.property(name, "interval.unit", default).strip().upper().rstrip("S")
        step = int(self.property(name, "interval", "1" if default else None))
        if unit not in UNITS:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{name}.interval.unit is '{unit}'")
        # From the beginning of what the format can say, so that NOW's own hour does not matter.
        first = datetime.datetime.strptime(moments[0].strftime(pattern), pattern)
        found = []
        for count in itertools.count(0, step):
            moment = moved(first, count, unit)
            if moment > moments[1]:
                return found
            found.append(moment.strftime(pattern))

    def moment(self, name, text, pattern):
        found = re.fullmatch(r"NOW\s*(?:([-+])\s*(\d+)\s*([A-Z]+?)S?)?", text)
        try:
            if not found:
                return datetime.datetime.strptime(text, pattern)
            amount = int(f"{found[1] or ''}{found[2] or 0}")
            return moved(self.now, amount, found[3] or "DAY")
        except (ValueError, KeyError) as error:
            raise QueryFailed("INVALID_TABLE_PROPERTY", f"projection.{name}.range: '{text}': {error}") from error


def lines_of(key, body):
    try:
        lines = (gzip.decompress(body) if key.endswith(".gz") else body).split(b"\n")
    except (OSError, EOFError) as error:
        raise QueryFailed("HIVE_CURSOR_ERROR", f"{key}: {error}") from error
    return lines[:-1] if lines[-1] == b"" else lines


def moved(moment, amount, unit):
    if unit in ("YEAR", "MONTH"):
        months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "YEAR" else 1)
        return moment.replace(year=months // 12, month=months % 12 + 1, day=min(moment.day, 28))
    return moment + datetime.timedelta(days=amount * UNITS[unit])


def strftime_of(form):
    """(strftime's pattern of a Java date format, its parts)"""
    parts = re.findall("|".join(DATE_PARTS), form)
    rest = re.sub("|".join(DATE_PARTS), "", form)
    if not parts or re.search("[A-Za-z%]", rest):
        raise QueryFailed("INVALID_TABLE_PROPERTY", f"the date format '{form}' is not one that this reader knows")
    return re.sub("|".join(DATE_PARTS), lambda it: DATE_PARTS[it[0]], form), parts


def value_of(kind, text):
    return int(text) if kind[0] in ("tinyint", "smallint", "int", "bigint") else text


def prefix_of(storage):
    found = re.fullmatch(r"s3://[^/]+/(.+?)/*", storage.get("Location", ""))
    if not found:
        raise QueryFailed("HIVE_METASTORE_ERROR", f"Location is '{storage.get('Location')}'")
    return found[1] + "/"


def serde_of(storage):
    info = storage.get("SerdeInfo", {})
    try:
        return SerDe(info.get("SerializationLibrary"), info.get("Parameters", {}))
    except ValueError as error:
        raise QueryFailed("HIVE_UNSUPPORTED_FORMAT", f"the SerDe {error}") from error


def is_hidden(path):
    """Athena passes over what begins with a dot or an underscore, files and folders."""
    return any(part.startswith((".", "_")) for part in path.split("/"))
