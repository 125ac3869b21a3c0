"""Reading YAML so that every complaint can name file, line and column."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in the knowledge, and where. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """As compilers write it: file:line:column: message."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class KnowledgeError(Exception):
    """The knowledge is not fit for use; `problems` says everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, in the order of the files."""
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class Located(dict[Any, Any]):
    """A YAML mapping that remembers where each of its values stands."""

    file: str
    marks: dict[Any, tuple[int, int]]

    def problem(self, message: str, key: object = None, *, line: int = 1, column: int = 1) -> Problem:
        """A problem at the value of `key` (or the mapping itself); `line` and `column` count from there."""
        start_line, start_column = self.marks.get(key, self.marks[None])
        at_column = start_column + column - 1 if line == 1 else column
        return Problem(self.file, start_line + line - 1, at_column, message)


class LocatedList(list[Any]):
    """A YAML sequence that remembers where each of its items stands."""

    marks: list[tuple[int, int]]


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader, keeping positions and refusing a key that is given twice."""

    file: str


def _mark(node: yaml.Node) -> tuple[int, int]:
    quoted = isinstance(node, yaml.ScalarNode) and node.style in {"'", '"'}
    block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
    return node.start_mark.line + 1 + block, node.start_mark.column + 1 + quoted


def _construct(loader: _Loader, node: yaml.Node) -> object:
    """The value of a node; one that looks like a date or a number and is none is a problem with a place."""
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        raise KnowledgeError([Problem(loader.file, *_mark(node), f"not a value: {error}")]) from None


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Located:
    located = Located()
    located.file = loader.file
    located.marks = {None: _mark(node)}
    written = [key_node.value for key_node, _ in node.value]
    for key_node, _ in node.value:
        if written.count(key_node.value) > 1:
            line, column = _mark(key_node)
            raise KnowledgeError([Problem(loader.file, line, column, f"`{key_node.value}` is given twice")])
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = _construct(loader, key_node)
        if not isinstance(key, Hashable):
            raise KnowledgeError([Problem(loader.file, *_mark(key_node), "a key must be plain text")])
        located[key] = _construct(loader, value_node)
        located.marks[key] = _mark(value_node)
    return located


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> LocatedList:
    located = LocatedList(_construct(loader, item) for item in node.value)
    located.marks = [_mark(item) for item in node.value]
    return located


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def read(path: Path, root: Path, schema: Schema) -> Located:
    """Read one knowledge file and hold it against its schema; KnowledgeError when it is not right.

    File names in problems are relative to `root`.
    """
    name = path.relative_to(root).as_posix()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise KnowledgeError([Problem(name, 1, 1, "the file is missing")]) from None
    loader = _Loader(data)
    loader.file = name
    try:
        document = loader.get_single_data()
    except yaml.reader.ReaderError as error:
        raise KnowledgeError([_unreadable(name, data, error)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise KnowledgeError([Problem(name, line, column, f"not YAML: {error.problem}")]) from None
    finally:
        loader.dispose()
    if not isinstance(document, Located):
        raise KnowledgeError([Problem(name, 1, 1, "the file must be a mapping")])
    errors = schema.validate(document)
    if errors:
        raise KnowledgeError(_located_errors(document, errors))
    return document


def _unreadable(name: str, data: bytes, error: yaml.reader.ReaderError) -> Problem:
    before = data[: error.position]
    column = error.position - before.rfind(b"\n")
    return Problem(name, before.count(b"\n") + 1, column, f"not UTF-8 text: {error.reason}")


def _located_errors(node: object, errors: object, where: Problem | None = None) -> Iterable[Problem]:
    """Marshmallow's nested error messages, each at the place in the file that it speaks of."""
    if isinstance(errors, Mapping):
        for key, inner in errors.items():
            if key in {"key", "value"} and not (isinstance(node, Located) and key in node):
                # marshmallow's own names for the two halves of a dictionary entry.
                yield from _located_errors(node, inner, where)
            elif isinstance(node, Located):
                known = key if key in node else None
                place = node.problem("", known)
                named = Problem(place.file, place.line, place.column, f"`{key}`")
                yield from _located_errors(node.get(key), inner, named)
            elif isinstance(node, LocatedList) and where and isinstance(key, int) and key < len(node):
                line, column = node.marks[key]
                yield from _located_errors(node[key], inner, Problem(where.file, line, column, where.message))
            else:
                yield from _located_errors(node, inner, where)
    elif where:
        for message in errors if isinstance(errors, list) else [errors]:
            yield Problem(where.file, where.line, where.column, f"{where.message}: {message}")
