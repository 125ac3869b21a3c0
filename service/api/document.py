"""The API document: what the REST routes say of themselves, and the fragments that describe the other routes."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask import Blueprint, Flask, Response, current_app
from flask_smorest import Api  # type: ignore[import-untyped]

from schemas.problem import ProblemSchema
from service.api.described import error_responses

_FRAGMENTS = Path(__file__).with_name("openapi")
_BASE = "base.yaml"
_EXAMPLES = Path(__file__).with_name("examples.yaml")
_HEADING = "# Written by `legtriage openapi` from what is served. Change that, or service/api/openapi, not this file.\n"
_PLACE = "legtriage.openapi"

blueprint = Blueprint("openapi", __name__)


class DescribedApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """Routes that describe themselves, with our own errors in place of the library's."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        """Begin the document of this application."""
        info = _fragment(_FRAGMENTS / _BASE)["info"]
        super().__init__(app, spec_kwargs={**info, "openapi_version": "3.1.0"})
        app.extensions[_PLACE] = self

    def _register_error_handlers(self) -> None:
        """Those of the whole application do."""

    def document(self) -> dict[str, Any]:
        """The whole document, as plain values in a stable order."""
        generated = self.spec.to_dict()
        examples = _fragment(_EXAMPLES)
        for operation in (each for path in generated["paths"].values() for each in path.values()):
            if "operationId" in operation:
                _exemplify(operation, examples.get(operation["operationId"], {}))
        generated["components"]["responses"] = error_responses()
        parts = [generated, *(_fragment(path) for path in sorted(_FRAGMENTS.glob("*.yaml")) if path.name != _BASE)]
        whole = _fragment(_FRAGMENTS / _BASE)
        kinds = sorted({kind for part in (whole, *parts) for kind in part.get("components", {})})
        return {
            "openapi": generated["openapi"],
            **{name: value for name, value in whole.items() if name not in {"openapi", "components"}},
            "tags": [tag for part in parts for tag in part.get("tags", ())],
            "paths": _joined(part.get("paths", {}) for part in parts),
            "components": {
                kind: dict(
                    sorted(_joined(part.get("components", {}).get(kind, {}) for part in (whole, *parts)).items())
                )
                for kind in kinds
            },
        }


@blueprint.get("/openapi.yaml")
def openapi() -> Response:
    """The API document."""
    return Response(_written(current_app.extensions[_PLACE]), mimetype="application/yaml")


def written(app: Flask) -> str:
    """The API document of this application as YAML, the same for the same routes."""
    return _written(app.extensions[_PLACE])


@cache
def _written(api: DescribedApi) -> str:
    return _HEADING + yaml.dump(api.document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Writes what is there twice twice, since not every reader knows anchors, and paragraphs as they are read."""

    def ignore_aliases(self, _data: object) -> bool:
        return True

    def text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text.strip() else None)


_Dumper.add_representer(str, _Dumper.text)


def _fragment(path: Path) -> dict[str, Any]:
    fragment: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return fragment


def _exemplify(operation: dict[str, Any], examples: Mapping[str, Any]) -> None:
    """Put the examples of an operation where they belong."""
    for kind, named in examples.get("requests", {}).items():
        operation["requestBody"]["content"][kind]["examples"] = named
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    for kind, example in examples.get("responses", {}).items():
        good["content"][kind]["example"] = example


def _joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All of them in one. ValueError when two describe the same thing."""
    joined: dict[str, Any] = {}
    for part in parts:
        if twice := joined.keys() & part.keys():
            raise ValueError(f"described twice: {', '.join(sorted(twice))}")
        joined |= part
    return joined
