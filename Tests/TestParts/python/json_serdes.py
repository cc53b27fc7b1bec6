"""Lines of JSON as Athena's two SerDes make rows of them, by their public descriptions and by what is known of their
code: OpenX (org.openx.data.jsonserde.JsonSerDe) and Hive's (org.apache.hive.hcatalog.data.JsonSerDe).

Where implementations of one SerDe differ, or would change a value in silence (1.5 in a bigint, an object's members by
position in a list), this one fails.
"""

import base64
import datetime
import decimal
import json
import re

OPENX, HIVE = "org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"
INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
EPOCH = datetime.datetime(1970, 1, 1)


class BadData(Exception):
    """HIVE_BAD_DATA"""


class BadLine(Exception):
    """HIVE_CURSOR_ERROR"""


class Number(str):
    """A number as it is written."""


class SerDe:
    """`row(line, columns)` gives {column: value} of a line, in bytes; `columns` are (name, type)."""

    def __init__(self, library, parameters):
        if library not in (OPENX, HIVE):
            raise ValueError(library)
        self.is_openx = library == OPENX
        options = parameters if self.is_openx else {}
        on = lambda name, default: options.get(name, default).strip().lower() == "true"
        self.ignores_case = on("case.insensitive", "true")
        self.has_dots, self.skips_malformed = on("dots.in.keys", "false"), on("ignore.malformed.json", "false")
        self.nulls_invalid = on("use.null.for.invalid.data", "false")
        self.keys = {name[8:].lower(): key for name, key in options.items() if name.startswith("mapping.")}

    def row(self, line, columns):
        try:
            value = self.parsed(line)
        except BadLine:
            if not self.skips_malformed:
                raise
            return dict.fromkeys(name for name, _ in columns)
        return {name: self.field(value, name, kind, number, self.keys.get(name, name))
                for number, (name, kind) in enumerate(columns)}

    def field(self, value, name, kind, number, key):
        found = self.member(value, key)
        try:
            return self.convert(kind, found)
        except BadData as error:
            if self.nulls_invalid:
                return None
            raise BadData(f"Error parsing field value '{text_of(found)[:200]}' for field {number} ({name}): {error}")

    # --- Lines

    def parsed(self, line):
        try:
            value = json.loads(line.decode(), object_pairs_hook=self.object, parse_int=Number, parse_float=Number,
                               parse_constant=self.refuse)
        except (ValueError, RecursionError) as error:
            raise BadLine(f"Row is not a valid JSON Object - {error}") from error
        if not isinstance(value, dict):
            raise BadLine(f"Row is not a valid JSON Object - it is a {type(value).__name__}")
        return value

    def object(self, pairs):
        found = {}
        for name, value in pairs:
            key = self.folded(name)
            if key in found:
                raise BadLine(f"Row is not a valid JSON Object - JSONException: Duplicate key \"{name}\"")
            found[key] = value
        return found

    def folded(self, name):
        return name.lower() if self.ignores_case else name

    @staticmethod
    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    def member(self, value, key):
        """Of an object, the one that a column or a field of that name shows."""
        key = self.folded(key)
        if key not in value and self.has_dots and "_" in key:
            return next((it for name, it in value.items() if "." in name and name.replace(".", "_") == key), None)
        return value.get(key)

    # --- Values

    def convert(self, kind, value):
        if value is None:
            return None
        name = kind[0]
        if name in ("string", "char", "varchar"):
            return self.string(kind, value)
        if name == "array":
            return [self.convert(kind[1], it) for it in expected(list, value, name)]
        if name == "struct":
            members = expected(dict, value, name)
            return {field: self.convert(of, self.member(members, field)) for field, of in kind[1]}
        if name == "map":
            return {key: self.convert(kind[2], it) for key, it in expected(dict, value, name).items()}
        if isinstance(value, (dict, list)):
            raise BadData(f"{name} value must be a scalar json value")
        return self.scalar(kind, value)

    def string(self, kind, value):
        if isinstance(value, (dict, list)) and not self.is_openx:
            raise BadData("string value must be a scalar json value")
        text = text_of(value)
        return text[:kind[1]] if kind[0] != "string" else text

    def scalar(self, kind, value):
        name, text = kind[0], text_of(value)
        if name == "boolean":
            if text.lower() not in ("true", "false"):
                raise BadData(f"'{text}' is no boolean")
            return text.lower() == "true"
        if name in ("date", "timestamp", "binary"):
            return {"date": date, "timestamp": self.timestamp, "binary": binary}[name](value)
        # Jackson takes a number's text for one only where it is no string; OpenX takes both.
        if isinstance(value, bool) or not (isinstance(value, Number) or self.is_openx):
            raise BadData(f"{type(value).__name__} can not be coerced to a {name.upper()}")
        if name in INTEGERS:
            return integer(text, INTEGERS[name])
        if name == "decimal":
            return exact(text, *kind[1:])
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text):
            raise BadData(f'For input string: "{text}"')
        return float(text)

    def timestamp(self, value):
        if isinstance(value, Number):
            if not self.is_openx:
                raise BadData(f"Text '{value}' could not be parsed")
            # Seconds where it has a point or is short; a time before September 2001 in milliseconds is short.
            if re.search("[eE]", value):
                raise BadData(f"Text '{value}' could not be parsed")
            seconds = decimal.Decimal(value) if "." in value or len(value) < 13 else decimal.Decimal(value) / 1000
            try:
                return EPOCH + datetime.timedelta(microseconds=int(seconds * 1_000_000))
            except OverflowError as error:
                raise BadData(str(error)) from error
        pattern = r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[-+]\d\d:?\d\d)?"
        found = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if not found or (found[3] or "T" in value) and not self.is_openx:
            raise BadData(f"Text '{text_of(value)}' could not be parsed")
        whole, _, fraction = found[2].partition(".")
        moment = datetime.datetime.fromisoformat(f"{found[1]}T{whole}.{(fraction or '0')[:6]:0<6}")
        if found[3] and found[3] != "Z":
            sign, hours, minutes = found[3][0], int(found[3][1:3]), int(found[3][-2:])
            moment -= datetime.timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
        return moment


def expected(kind, value, name):
    if not isinstance(value, kind):
        raise BadData(f"start of {name} expected")
    return value


def integer(text, bits):
    if not re.fullmatch(r"-?\d+", text) or not -(1 << bits - 1) <= int(text) < 1 << bits - 1:
        raise BadData(f'For input string: "{text}"')
    return int(text)


def exact(text, precision, scale):
    try:
        number = decimal.Decimal(text)
    except decimal.InvalidOperation as error:
        raise BadData(f'For input string: "{text}"') from error
    if number != number.quantize(decimal.Decimal(1).scaleb(-scale)) or abs(number) >= 10 ** (precision - scale):
        raise BadData(f"'{text}' does not fit decimal({precision},{scale})")
    return number


def date(value):
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        raise BadData(f"Text '{text_of(value)}' could not be parsed") from error


def binary(value):
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, TypeError) as error:
        raise BadData(f"'{text_of(value)[:60]}' is no base64") from error


def text_of(value):
    """What a string column shows: text as it is, a number as it is written, an object or array as JSON text."""
    return value if isinstance(value, str) else json_text(value)


def json_text(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{json_text(it)}" for name, it in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    return json.dumps(value)
