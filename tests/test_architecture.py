"""The one rule about layout: imports go inwards only, none is hidden in a function, and none goes round in a ring.

web · api · cli · report    show
    actions                 do
        records             remember
            core            think: no Django, file, network, clock or chance
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "solidaria"
RINGS = {"core": 0, "records": 1, "actions": 2, "cli": 3, "report": 3, "web": 3, "api": 3}

#: What core may use besides itself and the standard library: arrays, the solver and the compiler of loops.
CORE_LIBRARIES = {"numpy", "scipy", "highspy", "numba"}
#: Parts of the standard library that touch files, the network, other programs, the clock or chance.
OUTSIDE_CORE = set(
    "asyncio ftplib glob http imaplib importlib io locale logging mmap multiprocessing os pathlib poplib "
    "random secrets shelve shutil smtplib socket socketserver sqlite3 ssl subprocess tempfile time urllib "
    "uuid webbrowser zoneinfo".split()
)
#: Calls that read a file, the screen, the clock or chance without an import of their own.
CALLS_OUTSIDE_CORE = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}
METHODS_OUTSIDE_CORE = {"today", "now", "utcnow", "default_rng", "seed", "read_text", "write_text", "read_bytes"}
#: The one file that may choose what to import while it runs: a subcommand is loaded only when it is called.
MAY_IMPORT_LATE = {"solidaria.cli.main"}


def modules() -> dict[str, str]:
    """Every module of the package with its source."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ["solidaria", *path.relative_to(PACKAGE).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def imports(name: str, source: str, known: Mapping[str, str]) -> Iterator[tuple[str, int, bool]]:
    """What the module imports: full name, line, and whether the import is hidden in a function."""
    tree = ast.parse(source)
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    is_package = any(other.startswith(name + ".") for other in known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in hidden
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = name.split(".")
                above = here[: len(here) - node.level + (1 if is_package else 0)]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner in known else base), node.lineno, id(node) in hidden


def ring_of(name: str) -> str | None:
    """The ring a module belongs to; None for the package itself, "?" for a folder that is no ring."""
    parts = name.split(".")
    if len(parts) == 1:
        return None
    return parts[1] if parts[1] in RINGS else "?"


def broken_rules(known: Mapping[str, str]) -> list[str]:
    """Every place where the rule is broken, as sentences; empty when it holds."""
    broken = []
    for name, source in known.items():
        ring = ring_of(name)
        if ring == "?":
            broken.append(f"{name}: not in a ring; the rings are {', '.join(RINGS)}")
            continue
        for target, line, hidden in imports(name, source, known):
            top = target.split(".")[0]
            if hidden:
                broken.append(f"{name}:{line}: the import of {target} is hidden in a function")
            if top == "importlib" and name not in MAY_IMPORT_LATE:
                broken.append(f"{name}:{line}: only {', '.join(MAY_IMPORT_LATE)} may choose imports as it runs")
            if ring is None and top == "solidaria":
                broken.append(f"{name}:{line}: the package itself imports no ring")
            if ring is not None and top == "solidaria":
                other = ring_of(target)
                if other in RINGS and RINGS[other] > RINGS[ring]:
                    broken.append(f"{name}:{line}: {ring} imports {target}, which lies further out")
            if ring == "core" and top != "solidaria":
                if top not in sys.stdlib_module_names and top not in CORE_LIBRARIES:
                    broken.append(f"{name}:{line}: core imports {top}")
                if top in OUTSIDE_CORE:
                    broken.append(f"{name}:{line}: core imports {top}: files, network, clock or chance")
        if ring == "core":
            broken += [f"{name}:{line}: core calls {call}" for call, line in impure_calls(source)]
    return broken + [f"imports go round: {' → '.join(knot)}" for knot in knots(known)]


def impure_calls(source: str) -> Iterator[tuple[str, int]]:
    """Calls in the source that reach a file, the screen, the clock or chance."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in CALLS_OUTSIDE_CORE:
                yield node.func.id, node.lineno
            if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS_OUTSIDE_CORE:
                yield node.func.attr, node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "random":
            yield "random", node.lineno


def knots(known: Mapping[str, str]) -> list[list[str]]:
    """Groups of modules that import each other in a ring, each in the order of its names."""
    reach = {
        name: {target for target, _, _ in imports(name, source, known) if target in known and target != name}
        for name, source in known.items()
    }
    changed = True
    while changed:
        changed = False
        for name, targets in reach.items():
            further = set().union(targets, *(reach[target] for target in targets))
            if further != targets:
                reach[name], changed = further, True
    groups = {tuple(sorted(other for other in reach[name] if name in reach[other])) for name in reach}
    return [list(group) for group in sorted(groups) if group]


def test_imports_go_inwards_only_none_hidden_and_none_round() -> None:
    """The whole package keeps the rule."""
    assert broken_rules(modules()) == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("solidaria.core.needs", "import django.db", "core imports django"),
        ("solidaria.core.needs", "import random", "core imports random"),
        ("solidaria.core.needs", "from pathlib import Path", "core imports pathlib"),
        ("solidaria.core.needs", "import datetime\nday = datetime.date.today()", "core calls today"),
        ("solidaria.core.needs", "text = open('x').read()", "core calls open"),
        ("solidaria.core.needs", "import numpy as np\nx = np.random.rand()", "core calls random"),
        ("solidaria.core.needs", "from solidaria.records import workbook", "which lies further out"),
        ("solidaria.core.needs", "from ..records import workbook", "which lies further out"),
        ("solidaria.core.needs", "def f():\n    import json", "hidden in a function"),
        ("solidaria.records.needs", "from solidaria.actions import needs", "which lies further out"),
        ("solidaria.records.needs", "class A:\n    def f(self):\n        import solidaria.web", "hidden"),
        ("solidaria.records.needs", "import importlib", "may choose imports"),
        ("solidaria.managers.needs", "x = 1", "not in a ring"),
        ("solidaria.core.one", "from solidaria.core import two", "imports go round"),
    ],
)
def test_a_broken_rule_is_found(module: str, source: str, complaint: str) -> None:
    """The check itself: each way to break the rule, planted on purpose."""
    known = {
        "solidaria": "",
        "solidaria.core": "",
        "solidaria.core.two": "import solidaria.core.one",
        "solidaria.records": "",
        "solidaria.records.workbook": "",
        "solidaria.actions": "",
        "solidaria.actions.needs": "",
        "solidaria.web": "",
        module: source,
    }
    assert any(complaint in sentence for sentence in broken_rules(known)), broken_rules(known)


BLOCKED = """
import importlib, sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ImportError("not here: " + name)

sys.meta_path.insert(0, Block())
for name in {names}:
    importlib.import_module(name)
outer = [name for name in sys.modules if name.startswith({outer})]
assert not outer, outer
"""


def runs_without(blocked: set[str], names: list[str], outer: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Import the modules in a new interpreter that cannot import what is blocked."""
    script = BLOCKED.format(blocked=blocked, names=names, outer=outer or ("nothing",))
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_core_imports_without_django_and_without_the_outer_rings() -> None:
    """`core` is a library of its own."""
    names = [name for name in modules() if ring_of(name) == "core"]
    outer = ("solidaria.records", "solidaria.actions", "solidaria.report", "solidaria.cli", "solidaria.web")
    ended = runs_without({"django", "jinja2", "xlsxwriter", "python_calamine", "babel"}, names, outer)
    assert ended.returncode == 0, ended.stderr


def test_the_commands_for_files_import_without_django() -> None:
    """The command line plans, prices and counts from files with no database and without importing Django."""
    names = [
        name
        for name in modules()
        if ring_of(name) in ("core", "report", "cli") and name not in ("solidaria.cli.serve", "solidaria.cli.demo")
    ]
    ended = runs_without({"django"}, names, ("django", "solidaria.web", "solidaria.api", "solidaria.actions"))
    assert ended.returncode == 0, ended.stderr
