"""Imports point up the page, never down; rooms stay small.

Every product module is parsed, never imported, so this runs on half-finished rooms too. `violations` takes
a path and source text, which lets the tests at the end feed it code that breaks each rule.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("service", "cds_hooks", "schemas")
OURS = (*PRODUCT, "tests")
MAX_LINES = 400

# A room listed here may import, of ours, only itself and these.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "service.triage": (),
    "service.knowledge": ("service.triage",),
    "service.intake": ("service.triage", "service.knowledge", "schemas"),  # the wire form of an intake
    "service.advice": ("service.triage", "service.knowledge", "cds_hooks"),  # it writes the protocol's cards
    "service.handbook": ("service.triage", "service.knowledge", "service.advice"),
    "service.security": ("cds_hooks", "service.store"),  # the protocol's callers and calls out; API keys are stored
    "service.webhooks": ("service.store", "service.security", "cds_hooks"),
    "service.store": (),
    "service.in_force": ("service.knowledge", "service.store"),
    "service.dashboard": (
        *("service.triage", "service.knowledge", "service.intake", "service.advice", "service.handbook"),
        *("service.store", "service.security", "service.assessing", "service.in_force", "service.browser"),
        *("cds_hooks", "schemas"),  # reads records as a hook completes them; decisions as REST takes them
    ),
    "service.demo": ("service.triage", "service.knowledge", "service.intake", "service.store", "service.assessing"),
    "cds_hooks": ("schemas",),
    "schemas": (),
}

# The roads to a verdict. They share rooms and never each other.
ROADS = (
    "service.hooks",
    "service.api",
    "service.fhir_api",
    "service.intake_page",
    "service.dashboard",
    "service.population",
)

# Who may import the place that wires the rooms together.
WIRED_BY = ("service.wsgi", "service.cli", "service.demo_cli")

# The core takes its facts, its knowledge and its clock as arguments. Of the standard library it may use what
# neither reads nor writes anything outside the process, and of other people's code nothing at all.
# fmt: off
NOT_PURE = frozenset({
    "asyncio", "concurrent", "ctypes", "fcntl", "fileinput", "getpass", "glob", "http", "importlib", "io",
    "locale", "logging", "mmap", "multiprocessing", "os", "pathlib", "pickle", "pkgutil", "platform",
    "random", "secrets", "select", "selectors", "shelve", "shutil", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings", "zoneinfo",
})
# fmt: on
NOT_PURE_CALLS = frozenset({"open", "print", "input", "__import__"})
CLOCKS = frozenset({"now", "utcnow", "today"})

Found = Iterator[tuple[int, str]]


def within(module: str, *rooms: str) -> bool:
    """Whether a dotted name is one of the rooms or lies in one."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def module_of(path: PurePath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: PurePath) -> list[str]:
    return list(path.parts[:-1])


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` for the expression a.b.c, None for anything that is no plain name."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            head = dotted(value)
            return None if head is None else f"{head}.{attr}"
        case _:
            return None


def imports(tree: ast.AST, package: list[str]) -> Iterator[tuple[int, str]]:
    """Line and full dotted target of every import, wherever it stands.

    `from a import b` counts as a.b, because b may be a module. An import by name counts when the name is
    written out.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node.lineno, alias.name
            case ast.ImportFrom(module=module, names=names, level=level):
                start = package[: len(package) - level + 1] if level else []
                origin = [*start, *([module] if module else [])]
                for alias in names:
                    yield node.lineno, ".".join([*origin, alias.name])
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]):
                if (dotted(func) or "").split(".")[-1] in {"import_module", "__import__"}:
                    yield node.lineno, name


def broken_imports(module: str, tree: ast.AST, package: list[str]) -> Found:
    for line, target in imports(tree, package):
        ours = within(target, *OURS)
        for room, others in MAY_IMPORT.items():
            if within(module, room) and ours and not within(target, room, *others):
                allowed = ", ".join(others) or "nothing of ours"
                yield line, f"{room} may import {allowed}, not {target}"
        for road in ROADS:
            others = tuple(other for other in ROADS if other != road)
            if within(module, road) and within(target, *others):
                yield line, f"{road} must not import {target}: the roads to a verdict stay apart"
        if within(target, "service.app") and not within(module, "service.app", *WIRED_BY):
            yield line, f"only {' and '.join(WIRED_BY)} may import service.app"
        if within(module, "schemas") and within(target, "flask"):
            yield line, "schemas knows no Flask"
        if within(target, "tests"):
            yield line, "the product must not import its tests"
        if within(target, "fhir") and not within(target, "fhir.resources.R4B"):
            yield line, f"{target} is R5 or its like; import from fhir.resources.R4B"


def impurities(tree: ast.AST, package: list[str]) -> Found:
    """What the core must not do: reach outside, or look at a clock."""
    names = {"datetime": "datetime"}
    for line, target in imports(tree, package):
        top = target.split(".")[0]
        if top in NOT_PURE or top not in (*sys.stdlib_module_names, *OURS):
            yield line, f"service.triage must not import {target}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            head, _, rest = (dotted(node) or "").partition(".")
            if names.get(head, "").split(".")[0] == "datetime":
                yield node.lineno, f"service.triage must not ask the clock: {head}.{rest}"
        elif isinstance(node, ast.Call) and dotted(node.func) in NOT_PURE_CALLS:
            yield node.lineno, f"service.triage must not call {dotted(node.func)}"


def violations(path: PurePath, source: str) -> list[str]:
    """Each broken rule as `file:line: reason`. The path is relative to the repository."""
    lines = source.count("\n") + (not source.endswith("\n"))
    found: list[tuple[int, str]] = []
    if lines > MAX_LINES:
        found.append((MAX_LINES + 1, f"{lines} lines; {MAX_LINES} is the most"))
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        found.append((error.lineno or 1, f"does not parse: {error.msg}"))
    else:
        module = module_of(path)
        found += broken_imports(module, tree, package_of(path))
        if within(module, "service.triage"):
            found += impurities(tree, package_of(path))
    return [f"{path.as_posix()}:{line}: {reason}" for line, reason in sorted(set(found))]


def product_files() -> list[Path]:
    return sorted(path for room in PRODUCT for path in (ROOT / room).rglob("*.py"))


def test_the_import_rules_and_the_file_size_hold() -> None:
    broken = [
        line
        for path in product_files()
        for line in violations(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    ]
    assert not broken, "\n" + "\n".join(broken)


BREAKING = [
    ("service/triage/rules.py", "from service.knowledge import load", "may import nothing of ours"),
    ("service/triage/rules.py", "from ..intake import text", "may import nothing of ours"),
    ("service/triage/__init__.py", "from .. import advice", "may import nothing of ours"),
    ("service/triage/rules.py", "import service", "may import nothing of ours"),
    ("service/triage/rules.py", "import flask", "must not import flask"),
    ("service/triage/rules.py", "from fhir.resources.R4B import patient", "must not import fhir"),
    ("service/triage/rules.py", "import msgspec", "must not import msgspec"),
    ("service/triage/rules.py", "from marshmallow import Schema", "must not import marshmallow"),
    ("service/triage/rules.py", "import yaml", "must not import yaml"),
    ("service/triage/rules.py", "import time", "must not import time"),
    ("service/triage/rules.py", "def f():\n    from random import choice", "must not import random"),
    ("service/triage/rules.py", "import os.path", "must not import os"),
    ("service/triage/rules.py", "from datetime import datetime\nx = datetime.now()", "ask the clock"),
    ("service/triage/rules.py", "import datetime as d\nx = d.datetime.utcnow", "ask the clock"),
    ("service/triage/rules.py", "from datetime import date as day\nx = day.today()", "ask the clock"),
    ("service/triage/rules.py", "open('x')", "must not call open"),
    ("service/knowledge/loader.py", "from service.intake import fhir", "may import service.triage, not"),
    ("service/intake/fhir.py", "from service.advice import cards", "schemas, not service.advice"),
    ("service/advice/cards.py", "from service.intake import fhir", "cds_hooks, not service.intake"),
    ("service/intake/fhir.py", "from cds_hooks import cards", "not cds_hooks.cards"),
    (
        "service/security/clients.py",
        "from service.config import Config",
        "cds_hooks, service.store, not service.config",
    ),
    ("cds_hooks/dispatch.py", "import service.hooks", "cds_hooks may import schemas"),
    ("cds_hooks/dispatch.py", "import_module('service.triage')", "cds_hooks may import schemas"),
    ("schemas/cards.py", "from flask import request", "schemas knows no Flask"),
    ("schemas/cards.py", "import cds_hooks", "schemas may import nothing of ours"),
    ("schemas/cards.py", "from service.triage import Finding", "schemas may import nothing of ours"),
    ("service/hooks.py", "from service.api import assessments", "stay apart"),
    ("service/api/worklist.py", "from service import dashboard", "stay apart"),
    ("service/dashboard/pages.py", "from ..population import run", "stay apart"),
    ("service/dashboard/pages.py", "from service.config import Config", "service.dashboard may import"),
    ("service/demo/filling.py", "from service.dashboard import Desk", "service.demo may import"),
    ("service/security/roles.py", "from service.dashboard import Desk", "service.security may import"),
    ("service/population/local.py", "import service.hooks", "stay apart"),
    ("service/api/worklist.py", "from service.app import create_app", "may import service.app"),
    ("service/__init__.py", "from .app import create_app", "may import service.app"),
    ("service/config.py", "from tests import fixtures", "must not import its tests"),
    ("service/advice/fhir.py", "from fhir.resources.patient import Patient", "from fhir.resources.R4B"),
    ("service/advice/fhir.py", "from fhir.resources import bundle", "from fhir.resources.R4B"),
    ("service/advice/fhir.py", "from fhir import resources", "from fhir.resources.R4B"),
    ("service/advice/fhir.py", "import fhir.resources", "from fhir.resources.R4B"),
    ("service/advice/fhir.py", "def broken(:", "does not parse"),
    ("service/advice/fhir.py", "\n" * MAX_LINES + "x = 1", "401 lines"),
]


@pytest.mark.parametrize(("path", "source", "reason"), BREAKING)
def test_a_broken_rule_is_reported_with_file_and_line(path: str, source: str, reason: str) -> None:
    reported = violations(PurePath(path), source)
    assert reported, "nothing was reported"
    last_line = source.count("\n") + 1
    assert any(reason in each and each.startswith(f"{path}:{last_line}: ") for each in reported), reported


KEEPING = [
    ("service/triage/rules.py", "from datetime import date, datetime\nfrom .logic import Truth"),
    ("service/triage/rules.py", "from service.triage.logic import Truth\ndef f(now): return now.now"),
    ("service/triage/__init__.py", "from . import logic"),
    ("service/knowledge/loader.py", "import yaml\nfrom service.triage import rules\nfrom . import check"),
    ("service/intake/fhir.py", "import msgspec\nfrom service.knowledge import vocabulary"),
    ("service/advice/fhir.py", "from fhir.resources.R4B.servicerequest import ServiceRequest"),
    ("service/advice/fhir.py", "from fhir.resources import R4B"),
    ("cds_hooks/dispatch.py", "from flask import Blueprint\nfrom schemas import cards\nfrom . import errors"),
    ("service/hooks.py", "from service import intake, triage, advice, store"),
    ("service/app.py", "from service import api, dashboard, hooks, population"),
    ("service/wsgi.py", "from service.app import create_app"),
    ("service/cli.py", "from .app import create_app"),
    ("service/application.py", "from service.apps import x"),
    ("schemas/cards.py", "\n" * (MAX_LINES - 1) + "x = 1"),
]


@pytest.mark.parametrize(("path", "source"), KEEPING)
def test_what_the_rules_allow_is_left_alone(path: str, source: str) -> None:
    assert violations(PurePath(path), source) == []
