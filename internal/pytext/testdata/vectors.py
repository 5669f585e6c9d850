"""Writes vectors.jsonl and printable.txt beside itself: what this Python makes of JSON values and of code points.

Each line of vectors.jsonl holds a JSON text ("in"), and repr, str and json.dumps of the value that Python reads from
it. printable.txt lists the ranges of code points that are assigned and that str.isprintable() is true for, then those
that are assigned and not printable: a newer Unicode may fill what lies between.

    python3 internal/pytext/testdata/vectors.py
"""

import json
import pathlib
import random
import struct
import sys
import unicodedata

HERE = pathlib.Path(__file__).parent

FIXED = [
    "null", "true", "false", "[]", "{}", '""',
    "0", "-0", "12", "-7", "123456789012345678901234567890",
    "1.0", "-0.0", "0.0", "-2.50", "0.1", "0.30000000000000004", "1e2", "1E+2", "1e5", "0.0001", "0.00001", "1e-5",
    "9999999999999998.0", "1e15", "1e16", "1e22", "1e23", "5e-324", "1.7976931348623157e308", "1e400", "-1e400", "1e-400",
    '"it\'s"', '"\\"q\\""', '"it\'s \\"q\\""', '["it\'s", "\\"", "\'\\"", "\\\\"]',
    '"a\\n\\t\\r\\u0000\\u001f\\u007f\\\\"', '"\\b\\f/<&>"', '"\\u0080\\u00a0\\u00ad\\u200b\\u2028\\ue000\\ufeff\\uffff"',
    '["\\t\\n\\r\\u0001\\u200b\\ud83d\\ude00\\u00e9\\ue000"]', '{"b": [], "a": {}}',
    '"\\u00e9\\u20ac\\ud83d\\ude00\\udbff\\udfff"', '"a ~"',
    '[1, "a", null, [], {}, [[1.5]], {"k": [true]}]',
    '{"b": {"\\u00e9": 2}, "a": [1.5, false], "Z": "x", "\\uffff": 1, "\\ud83d\\ude00": 2, "it\'s": 3}',
]


def sorted_keys(value):
    """Python keeps the order of the text, Go keeps none: both sides sort."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [sorted_keys(item) for item in value]
    return value


def texts():
    yield from FIXED
    chance = random.Random(10)
    floats = 0
    while floats < 300:
        value = struct.unpack("<d", chance.getrandbits(64).to_bytes(8, "little"))[0]
        if value == value and abs(value) != float("inf"):
            floats += 1
            yield repr(value)
    for exponent in range(-8, 20):
        yield f"{chance.random():.6f}e{exponent}"
        yield f"1e{exponent}"
    for _ in range(60):
        yield json.dumps("".join(chr(chance.choice([chance.randrange(0x20, 0x180), 0x27, 0x22, 0x5C, 0x0A, 0x1F600])) for _ in range(8)))


def ranges(points):
    """first-last, in hexadecimal, of each run of code points."""
    found = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return " ".join(f"{first:x}-{last:x}" for first, last in found)


def main():
    with open(HERE / "vectors.jsonl", "w", encoding="ascii") as out:
        for text in texts():
            value = sorted_keys(json.loads(text))
            line = {"in": text, "repr": repr(value), "str": str(value), "dumps": json.dumps(value, sort_keys=True)}
            out.write(json.dumps(line) + "\n")
    assigned = [point for point in range(sys.maxunicode + 1) if unicodedata.category(chr(point)) not in ("Cn", "Cs")]
    with open(HERE / "printable.txt", "w", encoding="ascii") as out:
        out.write(ranges(point for point in assigned if chr(point).isprintable()) + "\n")
        out.write(ranges(point for point in assigned if not chr(point).isprintable()) + "\n")


main()
