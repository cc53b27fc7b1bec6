"""Types of Glue's columns, read as Hive's and Trino's TypeInfoParser read them.

`parse("array<struct<a:bigint>>")` gives ("array", ("struct", (("a", ("bigint",)),))).
"""

import re

SIMPLE = {"boolean", "tinyint", "smallint", "int", "integer", "bigint", "float", "double", "string", "binary", "date",
          "timestamp", "decimal", "char", "varchar"}
# Letters, digits and these make a word of any length; any other character is one for itself.
WORD_CHARACTERS = "_. $"


class NotAType(Exception):
    """As Athena says it, after HIVE_METASTORE_ERROR or so."""


def parse(text):
    words = tokens(text)
    found, end = parse_type(text, words, 0)
    if end != len(words):
        raise NotAType(f"Error: end expected at the position {words[end][0]} of '{text}'")
    return found


def tokens(text):
    """[(position, word)]"""
    found, begin = [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or not (is_of_word(text[end - 1]) and is_of_word(text[end])):
            found.append((begin, text[begin:end]))
            begin = end
    return found


def is_of_word(character):
    return character.isalnum() or character in WORD_CHARACTERS


def expect(text, words, place, wanted):
    """The word there, which must be `wanted`; or any name, where that is None."""
    position, word = words[place] if place < len(words) else (len(text), "")
    fits = word == wanted if wanted else bool(word) and is_of_word(word[0])
    if not fits:
        raise NotAType(f"Error: {wanted or 'name'} expected at the position {position} of '{text}' "
                       f"but '{word}' is found.")
    return word


def parse_type(text, words, place):
    """(type, place of the word after it)"""
    name = expect(text, words, place, None)
    if name == "array":
        expect(text, words, place + 1, "<")
        element, place = parse_type(text, words, place + 2)
        expect(text, words, place, ">")
        return ("array", element), place + 1
    if name == "map":
        expect(text, words, place + 1, "<")
        key, place = parse_type(text, words, place + 2)
        expect(text, words, place, ",")
        value, place = parse_type(text, words, place + 1)
        expect(text, words, place, ">")
        return ("map", key, value), place + 1
    if name == "struct":
        return parse_struct(text, words, place + 1)
    if name not in SIMPLE:
        raise NotAType(f"Error: type expected at the position {words[place][0]} of '{text}' but '{name}' is found.")
    return parse_parameters(text, words, place, name)


def parse_struct(text, words, place):
    expect(text, words, place, "<")
    fields, names = [], set()
    while True:
        name = expect(text, words, place + 1, None)
        expect(text, words, place + 2, ":")
        kind, place = parse_type(text, words, place + 3)
        if name.lower() in names:
            raise NotAType(f"struct field '{name}' occurs twice in '{text}'")
        names.add(name.lower())
        fields.append((name.lower(), kind))
        if place < len(words) and words[place][1] == ",":
            continue
        expect(text, words, place, ">")
        return ("struct", tuple(fields)), place + 1


def parse_parameters(text, words, place, name):
    defaults = {"decimal": (10, 0), "char": (1,), "varchar": (65535,)}
    if place + 1 == len(words) or words[place + 1][1] != "(":
        return (name, *defaults.get(name, ())), place + 1
    rest = text[words[place][0] + len(name):]
    found = re.match(r"\((\d+)(?:,(\d+))?\)", rest)
    if name not in defaults or not found:
        raise NotAType(f"Error: '{name}' takes no such parameters at the position {words[place][0]} of '{text}'")
    numbers = tuple(int(number) for number in found.groups() if number)
    end = words[place][0] + len(name) + found.end()
    after = next((number for number, (position, _) in enumerate(words) if position >= end), len(words))
    return (name, *(numbers + (0,) if name == "decimal" and len(numbers) == 1 else numbers)), after
