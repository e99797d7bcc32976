"""Bodies that are almost what the API takes: made from its documents by a grammar mutator, each from its own seed.

None of them can configure anything: each text in them holds a word by which the simulator knows a bad key.
"""

from __future__ import annotations

import random

BAD_KEY = "sk-bad-invalid-wrong-expired"
PROVIDERS = ["OpenAI", "Claude", "Gemini", "Cohere", "Ollama", "openai", "Acme"]
CALLABLE = "http://invalid.invalid:11434"

STRINGS = [
    "bad", "bad invalid", "bad\\u0000", "bad\\ud800", "bad\\udc00\\ud800", "bad\\ud83d\\ude00", "bad\\uD83D",
    "bad\\x", "bad\\u12", "bad\u202einvalid", "bad\u0301" * 40, "bad\U0001f600", "bad\u2028\ufeff\uffff", "bad\ninvalid",
    "bad\tinvalid", "bad\\r\\nX-Evil: 1", "bad invalid " * 500, "'; DROP TABLE connections; -- bad", "bad%00%s%n",
    "../../bad", "{{bad}}", "${bad}", "<bad>", "[[bad]]", "http://bad.invalid", "http://127.0.0.1:1/bad",
    "http://[::ffff:10.0.0.1]/bad", "file:///bad", "http://bad@169.254.169.254/",
]
NUMBERS = [
    "0", "-0", "1", "-1", "2", "0.7", "1e0", "1E+2", "1e999", "-1e999", "1e-999", "9" * 19, "-" + "9" * 40, "9" * 1000,
    "0." + "3" * 300, "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "1e18", "1e19", "00", "01", "+1", "1.", ".5", "0x10", "NaN", "Infinity", "-", "1e", "1_000",
]
WORDS = ["true", "false", "null", "True", "nul", "undefined", "", "tru", "{", "]", ",", "/* bad */", "'bad'"]
NAMES = [
    "provider", "credentials", "modelConfig", "apiKey", "baseUrl", "model", "temperature", "maxTokens", "topP",
    "frequencyPenalty", "presencePenalty", "isActive", "message", "id", "__proto__", "", "a.b", "\\u0070rovider",
    "provider\\u0000", "PROVIDER", "n" * 300, "\U0001f600", "\\ud800",
]


class Raw(str):
    """A token that is written as it stands."""


def document(choice: random.Random) -> list:
    """A body of one of the routes, as pairs so that a name can stand twice."""
    settings = [
        ("model", "gpt-4o bad"), ("temperature", Raw("0.7")), ("maxTokens", Raw("100")), ("topP", Raw("1")),
        ("frequencyPenalty", Raw("0")), ("presencePenalty", Raw("-0.5")),
    ]
    kind = choice.randrange(5)
    if kind == 0:
        return [("message", "bad " * choice.randrange(1, 9)), ("maxTokens", Raw(str(choice.randrange(1, 99))))]
    if kind == 1:
        return [("modelConfig", choice.sample(settings, choice.randrange(7))), ("isActive", Raw("true"))]
    provider = choice.choice(PROVIDERS)
    secret = ("baseUrl", CALLABLE) if provider == "Ollama" else ("apiKey", BAD_KEY)
    return [("provider", provider), ("credentials", [secret]), ("modelConfig", settings)]


def scalar(choice: random.Random) -> Raw | str:
    """A value that some parser gets wrong."""
    kind = choice.randrange(6)
    if kind < 2:
        return choice.choice(STRINGS)
    if kind < 4:
        return Raw(choice.choice(NUMBERS))
    return Raw(choice.choice(WORDS))


def nested(choice: random.Random) -> Raw:
    """Deep or wide, sometimes without its end."""
    depth = choice.choice([3, 31, 32, 33, 64, 65, 128, 1000, 20_000])
    opening, closing = choice.choice([("[", "]"), ('{"a":', "}"), ('[{"":', "}]")])
    return Raw(opening * depth + "1" + closing * (depth - choice.randrange(2)))


def value(choice: random.Random):
    kind = choice.randrange(8)
    if kind == 0:
        return nested(choice)
    if kind == 1:
        return [(choice.choice(NAMES), scalar(choice)) for _ in range(choice.randrange(5))]
    if kind == 2:
        return Raw("[" + ",".join(written(scalar(choice), choice) for _ in range(choice.randrange(5))) + "]")
    return scalar(choice)


def mutated(members: list, choice: random.Random) -> list:
    """One change somewhere in the tree."""
    members = list(members)
    if not members:
        return [(choice.choice(NAMES), value(choice))]
    at = choice.randrange(len(members))
    name, old = members[at]
    kind = choice.randrange(7)
    if isinstance(old, list) and kind < 5:
        members[at] = (name, mutated(old, choice))
    elif kind == 0:
        del members[at]
    elif kind == 1:
        members.append((name, choice.choice([old, value(choice)])))
    elif kind == 2:
        members[at] = (choice.choice(NAMES), old)
    elif kind == 3:
        members.insert(at, (choice.choice(NAMES), value(choice)))
    else:
        members[at] = (name, value(choice))
    return members


def written(item, choice: random.Random) -> str:
    """The text, with white space and escapes as one may write them."""
    blank = choice.choice(["", "", "", " ", "\n", "\t\r\n"])
    if isinstance(item, Raw):
        return blank + str(item) + blank
    if isinstance(item, str):
        return f'"{item}"'
    pairs = (f'{blank}"{name}"{blank}:{written(inner, choice)}' for name, inner in item)
    return "{" + ",".join(pairs) + blank + "}"


def body(choice: random.Random) -> bytes:
    """A document after none to four changes, and now and then after a change of its octets."""
    members = document(choice)
    for _ in range(choice.choice([0, 1, 1, 1, 2, 2, 3, 4])):
        members = mutated(members, choice)
    text = written(members, choice).encode("utf-8", "surrogatepass")
    kind = choice.randrange(12)
    if kind == 0:
        text = b"\xef\xbb\xbf" + text
    elif kind == 1:
        text = text[: choice.randrange(len(text) + 1)]
    elif kind == 2:
        text += choice.choice([b"{}", b"\x00", b",", b" x", text])
    elif kind == 3:
        at = choice.randrange(len(text) + 1)
        text = text[:at] + choice.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x00"]) + text[at:]
    elif kind == 4:
        text = choice.choice([b"", b"null", b"[]", b'"bad"', b"{}", b" ", b"provider=OpenAI", b"<bad/>", choice.randbytes(50)])
    return text
