"""Records what the official reader of the safetensors format decides on headers, many of them wrong ones.

python3 record.py COUNT SEED MOST > decisions.json, with the package safetensors 0.8.0 (`pip install safetensors==0.8.0`).

Draws COUNT files, and writes MOST of them, or fewer, after some that are always there, so that each of the reader's reasons is there about as often. One line for
each: the header (a character for each byte), the bytes of data after it, and the tensors that the reader found, or why it refused.
"""
import json
import random
import re
import struct
import sys

from safetensors import deserialize

count, seed, most = (int(argument) for argument in sys.argv[1:4])
rng = random.Random(seed)

NUMBERS = ["0", "1", "2", "3", "4", "8", "-0", "-1", "4.0", "1e0", "4e0", "0.5", "04", "00", "+1", "1.", ".5", "1e", "0x4", "9007199254740991",
           "9007199254740993", "18446744073709551615", "18446744073709551616", "1e400", "4E+0", "NaN", "Infinity", "null", "true", '"4"', "[]", "{}", "[4]", ""]
STRINGS = ['"a"', '"b"', '"W"', '"\\u0057"', '"\\ud800"', '"\\udc00"', '"\\ud83d\\ude00"', '"\\ud800\\ud800"', '"\\ud83dx"', '"\\u00e9"', '"\u00e9"', '"\U0001f600"',
           '"\\u0000"', '"\\x41"', '"\\/"', '"\\b\\f\\n\\r\\t\\\\\\""', '"a\tb"', '"a\x00b"', '"a\x7fb"', '""', '"__proto__"', '"__metadata__"', '"\\u005f_metadata__"',
           "'a'", '"', "a", "1", "null", '"dtype"', '"\\u12"', '"\\uD83D\\uDE00"', '"\\u{41}"']
DTYPES = ['"U8"', '"I8"', '"F32"', '"F64"', '"F16"', '"BF16"', '"BOOL"', '"F4"', '"F6_E2M3"', '"F6_E3M2"', '"F8_E4M3"', '"F8_E5M2"', '"F8_E8M0"', '"F8_E4M3FNUZ"',
          '"F8_E5M2FNUZ"', '"C64"', '"I64"', '"U64"', '"I32"', '"U32"', '"I16"', '"U16"', '"u8"', '"F128"', '"\\u0055\\u0038"', '"U8 "', "8", "null", '["U8"]', '{"U8":null}', '""']
SIZES = {"U8": 8, "I8": 8, "F32": 32, "F64": 64, "F16": 16, "BF16": 16, "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "C64": 64, "I64": 64, "U64": 64, "I32": 32}
VALUES = ["null", "true", "fals", "0", '"text"', "[]", "{}", "[[[]]]", "[" * 130 + "]" * 130, '{"a":{"b":[]}}', "[1,]", "1e999", '"\\ud800"', "nul", "\ufeff", "//"]
SPACES = ["", " ", "\n", "\t", "\r\n", "  ", "\x0b", "\x0c", "\u00a0", "\u2028", "\x00", "/**/"]


def rarely(share):
    return rng.random() < share


def space():
    if not rarely(0.04):
        return ""
    return rng.choice(SPACES if rarely(0.2) else SPACES[:6])


def joined(items, opening, closing):
    comma = lambda: space() + ("," if not rarely(0.004) else rng.choice(["", ",,", ";"])) + space()
    text = opening + space()
    for index, item in enumerate(items):
        text += (comma() if index else "") + item
    if rarely(0.006):
        text += ","
    return text + space() + (closing if not rarely(0.004) else "")


def entry(offset, chance):
    """A tensor of the data from an offset: its text, and where it ends."""
    dtype = rng.choice(list(SIZES))
    shape = [rng.choice([0, 1, 1, 2, 2, 3, 4, 8]) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    bits = SIZES[dtype]
    for size in shape:
        bits *= size
    end = offset + bits // 8
    numbers = lambda given: joined([rng.choice(NUMBERS) if rarely(chance) else str(n) for n in given], "[", "]")
    offsets = [offset, end]
    if rarely(chance):
        offsets = rng.choice([[end, offset], [offset], [offset, end, end], [offset + 1, end + 1], [], [0, end], [offset, end + 1]])
    fields = [
        ['"dtype"', rng.choice(DTYPES) if rarely(chance) else f'"{dtype}"'],
        ['"shape"', numbers(shape)],
        ['"data_offsets"', numbers(offsets)],
    ]
    if rarely(0.3):
        rng.shuffle(fields)
    if rarely(chance / 2):
        fields.pop()
    if rarely(chance / 2):
        fields.append([rng.choice(['"more"', '"dtype"', '"shape"', '"Dtype"', '""', "dtype"]), rng.choice(VALUES + ['"U8"', "[1]"])])
    if rarely(chance / 3):
        fields[0][0] = rng.choice(['"\\u0064type"', '"shap\\u0065"'] + STRINGS)
    if rarely(chance / 3):
        fields[rng.randrange(len(fields))][1] = rng.choice(VALUES)
    if rarely(chance / 3):
        return joined([value for _, value in fields], "[", "]"), end
    if rarely(chance / 3):
        return rng.choice(VALUES), end
    return joined([key + space() + ":" + space() + value for key, value in fields], "{", "}"), end


def draw():
    chance = rng.choice([0, 0.02, 0.1])
    offset, members = 0, []
    for index in range(rng.choice([0, 1, 1, 2, 3])):
        text, offset = entry(offset, chance)
        key = rng.choice(STRINGS) if rarely(0.25) else f'"t{index}"'
        members.append(key + space() + ":" + space() + text)
    if rarely(0.3):
        pairs = [f"{rng.choice(STRINGS[:16])}:{rng.choice(VALUES if rarely(0.1) else STRINGS[:16])}" for _ in range(rng.choice([0, 1, 2]))]
        value = joined(pairs, "{", "}")
        if rarely(0.3):
            value = rng.choice(["null"] + VALUES)
        members.append('"__metadata__":' + value)
    rng.shuffle(members)
    text = rng.choice(SPACES) if rarely(0.01) else ""
    text += joined(members, "{", "}") + space() + (" " * rng.randrange(8) if rarely(0.3) else "")
    if rarely(0.02):
        text += rng.choice(["x", "{}", "\x00", "]", ","])
    header = bytearray(text.encode("utf-8"))
    if rarely(0.08) and header:
        at = rng.randrange(len(header))
        how = rng.randrange(4)
        if how == 0:
            header[at] = rng.randrange(256)
        elif how == 1:
            del header[at]
        elif how == 2:
            header[at:at] = rng.choice([b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\\", b'"', b"{", b"["])
        else:
            del header[at:]
    data = offset + (rng.choice([-1, 1, 4]) if rarely(0.03) else 0)
    return bytes(header), max(data, 0)


def decide(header, data):
    try:
        found = deserialize(struct.pack("<Q", len(header)) + header + bytes(data))
    except Exception as error:
        return str(error).removeprefix("Error while deserializing: ")
    return sorted([name, info["dtype"], info["shape"]] for name, info in found)


GOOD = '"dtype":"U8","shape":[4],"data_offsets":[0,4]'
W = '"W":{' + GOOD + "}"
FIXED = [
    f'{{{W},{W}}}',
    f'{{"W":{{{GOOD}}},"\\u0057":{{{GOOD}}}}}',
    f'{{"__metadata__":{{"a":"b","a":"c"}},{W}}}',
    f'{{"__metadata__":{{}},"__metadata__":null,{W}}}',
    f'{{"__metadata__":null,{W}}}',
    f'{{"W":{{{GOOD},"dtype":"U8"}}}}',
    f'{{"W":{{{GOOD},"more":{{"a":[1.5e3]}}}}}}',
    f'{{"W":{{{GOOD},"more":' + "[" * 126 + "]" * 126 + "}}",
    '{"W":["U8",[4],[0,4]]}',
    '{"W":{"dtype":{"U8":null},"shape":[4],"data_offsets":[0,4]}}',
    f' {{{W}}}',
    f'\ufeff{{{W}}}',
    f'{{{W}}}\t\r\n ',
    f'{{{W},"e":{{"dtype":"U8","shape":[0,18446744073709551615],"data_offsets":[4,4]}}}}',
    f'{{{W},"e":{{"dtype":"U8","shape":[0,1000000000000,1000000000000],"data_offsets":[4,4]}}}}',
    f'{{{W},"e":{{"dtype":"U8","shape":[1000000000000,1000000000000,0],"data_offsets":[4,4]}}}}',
    "[]", "{}", "", "null", "[" * 300,
]

kept, seen = {}, set()
fixed = [[text.encode().decode("latin-1"), 4, decide(text.encode(), 4)] for text in FIXED]
accepted = 0
for _ in range(count):
    header, data = draw()
    if (header, data) in seen or len(header) > 700:
        continue
    seen.add((header, data))
    decision = decide(header, data)
    accepted += not isinstance(decision, str)
    reason = "accepted" if not isinstance(decision, str) else re.sub(r"[`\"'].*|\d+", "", decision)
    kept.setdefault(reason, []).append([header.decode("latin-1"), data, decision])
share = max(1, most // (len(kept) + 12))
chosen = [case for reason, cases in sorted(kept.items()) for case in cases[: share * (12 if reason == "accepted" else 1)]]
print(f"{len(seen)} files, {accepted} accepted, {len(kept)} reasons, {len(chosen)} kept", file=sys.stderr)
print("[\n" + ",\n".join(json.dumps(case) for case in fixed + chosen) + "\n]")
