"""Knowledge ten times as large: copies of all pathways, each over a vocabulary of its own that no record holds."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from service.knowledge.load import ROOT


def grow(root: Path, copies: int = 9) -> Path:
    """Write the knowledge and that many renamed copies of it under `root`."""
    texts = {path.relative_to(ROOT): yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in ROOT.rglob("*.yaml")}
    names = _Names(texts.values())
    for path, document in texts.items():
        whole = document
        for number in range(1, copies + 1) if path.name == "definitions.yaml" else ():
            whole = _merged(whole, names.renamed(document, number))
        _write(root / path, whole)
        if path.parent.name == "pathways" or (path.parent.name == "vocabulary" and "group" in document):
            for number in range(1, copies + 1):
                _write(root / path.parent / f"{path.stem}-{number}.yaml", names.renamed(document, number))
    return root


class _Names:
    """Every name that must differ between the copies: keys, definitions, numbers and scores; rules and pathways."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        keys: set[str] = set()
        ids: set[str] = set()
        for document in documents:
            for section in ("findings", "definitions", "numbers", "scores"):
                keys.update(document.get(section, {}))
            for section in ("rules", "cautions", "withholds"):
                ids.update(entry["id"] for entry in document.get(section, ()))
            ids.update([document["id"]] if "consider_when" in document else [])
        self._ids = ids
        words = sorted(map(re.escape, keys | ids), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])")

    def renamed(self, value: Any, number: int) -> Any:
        """The value with every name in it changed to that of the copy."""
        if isinstance(value, dict):
            # The copies of findings have no codes, so that no record sets them.
            kept = {key: part for key, part in value.items() if not (key == "codes" and "recency" in value)}
            return {
                self.renamed(key, number): part if _are_orders(key, part) else self.renamed(part, number)
                for key, part in kept.items()
            }
        if isinstance(value, list):
            return [self.renamed(part, number) for part in value]
        if not isinstance(value, str):
            return value
        return self._pattern.sub(lambda m: f"{m[0]}{'-' if m[0] in self._ids else '_'}{number}", value)


def _are_orders(key: str, part: Any) -> bool:
    """The copies place the same orders as the original; some orders are called like a finding."""
    return key == "order" or (key == "orders" and all(isinstance(item, str) for item in part))


def _merged(first: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    merged = dict(first)
    for section, value in other.items():
        if isinstance(value, dict):
            merged[section] = {**first[section], **value}
        elif isinstance(value, list):
            merged[section] = [*first[section], *value]
    return merged


def _write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
