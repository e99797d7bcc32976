"""The sources against the house rules: imports, forbidden words, sizes; the routes against the OpenAPI document."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = PROJECT / "Sources"

SYSTEM = {"Foundation", "Glibc", "Synchronization"}
# What each target may import of ours: docs/architecture.md has the same table. Imports only point downward.
MAY_IMPORT = {
    "Domain": set(),
    "JSON": set(),
    "XML": set(),
    "Locks": set(),
    "Postgres": {"CPostgreSQL", "Locks"},
    "FastCGI": {"CFastCGI", "Locks"},
    "Crypto": {"COpenSSL", "JSON", "Locks"},
    "Outbound": {"COpenSSL", "Locks"},
    "HTTP": {"Domain", "JSON"},
    "Sandbox": {"Domain"},
    "Store": {"Domain", "JSON", "Postgres", "Crypto", "Sandbox"},
    "Providers": {"Domain", "JSON", "XML", "Outbound", "Crypto"},
    "API": {"Domain", "JSON", "Locks", "Crypto", "HTTP", "Store", "Providers"},
    "Jobs": {"Domain", "JSON", "Locks", "Outbound", "Store", "Providers"},
    "Configuration": {"Domain", "Crypto", "Outbound", "Postgres"},
    "Simulator": {"Domain", "JSON", "XML", "Locks"},
}
PROGRAMS = {"providerd", "providerctl", "providersim"}
# Traps that end the process, parts that the design rules out, and work that is not finished.
FORBIDDEN = (
    r"\btry!", r"\bas!", r"\bfatalError\(", r"\bpreconditionFailure\(", r"\bprecondition\(", r"\bURLSession\b",
    r"\bJSONSerialization\b", r"\bJSONEncoder\b", r"\bJSONDecoder\b", r"\bNSRegularExpression\b", r"\bRegex\b",
    r"\bactor [A-Z]", r"\bawait\b", r"\bpublic\b (func|struct|enum|class|let|var|init)", r"\bTODO\b", r"\bFIXME\b",
    r"\bunsafeSQL\b", r"\bFoundation\.Decimal\b", r":\s*Double\b(?!\()", r"(?<!timeIntervalSinceNow: )\bDouble\(",
)
FORBIDDEN_NAMES = re.compile(r"(Core|Common|Utils?|Helpers?|Extensions|Manager|Service|Impl|Base|Info)(\.swift)?$")


def swift_files() -> list[Path]:
    return sorted(SOURCES.rglob("*.swift"))


def code_lines(file: Path) -> list[tuple[int, str]]:
    """The lines without comments."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return [(number, re.sub(r"//.*", "", line)) for number, line in lines]


@pytest.mark.parametrize("target", sorted(MAY_IMPORT))
def test_imports_only_point_downward(target):
    allowed = MAY_IMPORT[target] | SYSTEM
    wrong = []
    for file in (SOURCES / target).rglob("*.swift"):
        for number, line in code_lines(file):
            found = re.match(r"\s*(?:@\w+ )*(?:package |internal |private )?import (?:\w+ )?(\w+)", line)
            if found and found.group(1) not in allowed:
                wrong.append(f"{file.relative_to(PROJECT)}:{number}: {found.group(1)}")
    assert not wrong


def test_every_target_is_in_the_table():
    folders = {folder.name for folder in SOURCES.iterdir() if list(folder.rglob("*.swift"))}
    assert folders == set(MAY_IMPORT) | PROGRAMS


def test_no_package_is_used():
    assert ".package(" not in (PROJECT / "Package.swift").read_text()


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_forbidden_words(pattern):
    wrong = [
        f"{file.relative_to(PROJECT)}:{number}: {line.strip()}"
        for file in swift_files()
        for number, line in code_lines(file)
        if re.search(pattern, line)
    ]
    assert not wrong


def test_no_file_or_folder_has_a_name_that_says_nothing():
    assert not [path for path in SOURCES.rglob("*") if FORBIDDEN_NAMES.search(path.name)]


def test_files_are_small():
    sizes = sorted(len(file.read_text(encoding="utf-8").splitlines()) for file in swift_files())
    assert sizes[-1] <= 400
    assert sizes[len(sizes) // 2] <= 100


def test_package_declarations_are_documented():
    wrong = []
    for file in swift_files():
        lines = file.read_text(encoding="utf-8").splitlines()
        for index, line in enumerate(lines):
            if re.match(r"\s*package (final class|class|struct|enum|protocol|actor) ", line):
                above = index - 1
                while above >= 0 and lines[above].strip().startswith("@"):
                    above -= 1
                if not lines[above].strip().startswith("///"):
                    wrong.append(f"{file.relative_to(PROJECT)}:{index + 1}: {line.strip()}")
    assert not wrong


def routes() -> list[dict]:
    program = Path(os.environ.get("PROVIDERD_BINARIES") or PROJECT / ".build/release") / "providerctl"
    return json.loads(subprocess.run([program, "routes", "--json"], capture_output=True, check=True).stdout)


def test_every_route_is_in_the_openapi_document_and_the_reverse():
    document = yaml.safe_load((PROJECT / "docs/openapi.yaml").read_text())
    documented = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method in ("get", "post", "put", "patch", "delete")
    }
    served = {(route["method"], re.sub(r":(\w+)", r"{\1}", route["path"])) for route in routes()}
    assert served == documented


def test_every_schema_of_the_openapi_document_is_used():
    text = (PROJECT / "docs/openapi.yaml").read_text()
    for kind, names in yaml.safe_load(text)["components"].items():
        if kind != "securitySchemes":
            for name in names:
                assert f"#/components/{kind}/{name}'" in text, f"{kind} {name} is not used"


def test_every_route_that_is_not_open_says_who_may_call():
    for route in routes():
        assert route["access"] != "anybody" or route["path"] in ("/healthz", "/readyz")
