"""The structure of the package: layers, import cycles, sizes of files and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "herald_spider"
PATHS = sorted(PACKAGE.rglob("*.py"))
NAMES = {path: ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in PATHS}
MODULES = {name.removesuffix(".__init__"): path for path, name in NAMES.items()}
# By folder, or by module at the root. A module imports from its own layer and those below.
LAYERS = [
    {
        "text",
        "urls",
        "sections",
        "items",
        "schema",
        "settings",
        "exits",
        "options",
        "option_types",
        "scrapy_settings",
        "logs",
        "stats",
    },
    {"loaders", "archive", "warc"},
    {"pipelines", "middlewares"},
    {"spiders", "cluster"},
    {"extensions", "monitors"},
    {"commands", "doctor", "report", "browse"},
]
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
MAX_LINES, MAX_FUNCTION = 400, 40
# To be removed: imports that break the rules today.
UPWARD: set[tuple[str, str]] = set()
LONG_FILES = {"doctor/facts.py"}
FOLDER_CYCLES: set[tuple[str, str]] = set()


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of the package that a module imports, also within functions, but not for type checking."""
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = {f"{node.module}.{each.name}" for each in node.names}
            submodules = names & MODULES.keys()
            yield from submodules
            if names - submodules:
                yield node.module


def statements(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from statements(child)


def folder(module: str) -> str:
    return [*module.split("."), "__init__"][1]


GRAPH = {name: set(imports(path)) - {name} for name, path in MODULES.items()}
FOLDERS: dict[str, set[str]] = {}
for _name, _imported in GRAPH.items():
    FOLDERS.setdefault(folder(_name), set()).update(map(folder, _imported))


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the nodes that can be reached from `start`; `start` itself only through a cycle."""
    found: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= graph.get(name, set()) - found
    return found


def test_no_module_takes_part_in_an_import_cycle() -> None:
    assert [name for name in GRAPH if name in reachable(GRAPH, name)] == []


def test_no_folder_takes_part_in_an_import_cycle() -> None:
    graph = {
        name: {each for each in imported if each != name and (name, each) not in FOLDER_CYCLES}
        for name, imported in FOLDERS.items()
    }
    assert [name for name in graph if name in reachable(graph, name)] == []


def test_each_exception_is_still_needed() -> None:
    assert {pair for pair in UPWARD | FOLDER_CYCLES if pair[1] not in FOLDERS[pair[0]]} == set()


@pytest.mark.parametrize("name", sorted(GRAPH))
def test_a_module_imports_from_no_higher_layer(name: str) -> None:
    own = folder(name)
    if own != "__init__":
        higher = {each for each in map(folder, GRAPH[name]) if LAYER.get(each, 0) > LAYER[own]}
        assert {each for each in higher if (own, each) not in UPWARD} == set()


@pytest.mark.parametrize("path", PATHS, ids=NAMES.values())
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES or str(path.relative_to(PACKAGE)) in LONG_FILES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= MAX_FUNCTION, node.name
