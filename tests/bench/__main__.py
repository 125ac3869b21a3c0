"""Prints what one request costs: `make bench`. Times are CPU microseconds, the least over many runs.

The least is what the work costs; everything above it is what else the machine was doing.
"""

import gc
import logging
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fhir.resources.R4B import get_fhir_model_class
from flask import Flask
from rich.console import Console
from rich.table import Table
from werkzeug.test import EnvironBuilder

from cds_hooks import parse
from cds_hooks.cards import response
from service.advice.card_maker import CardMaker
from service.advice.cards import Cards
from service.app import create_app
from service.intake.chart import Chart
from service.intake.decode import decode
from service.intake.fhir import read
from service.knowledge.load import load
from service.triage.assess import assess
from tests.bench.body import NOW, request_body
from tests.bench.scale import grow
from tests.service.settings import settings

_BUDGET_SECONDS = 1.5
_TARGET_MICROSECONDS = 1200
_TARGET_RATIO = 20
_TARGET_SCALE = 1.5


def cost(work: Callable[[], object], budget: float = _BUDGET_SECONDS) -> float:
    """The least CPU time of one call, in microseconds."""
    for _ in range(3):
        work()
    times: list[float] = []
    until = time.perf_counter() + budget
    while time.perf_counter() < until or len(times) < 5:
        started = time.process_time_ns()
        work()
        times.append((time.process_time_ns() - started) / 1000)
    return min(times)


def validate_everything(body: bytes) -> int:
    """The naive road: every resource through the full FHIR model before anything else."""
    count = 0
    for value in orjson.loads(body)["prefetch"].values():
        for resource in [entry["resource"] for entry in value["entry"]] if "entry" in value else [value]:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            count += 1
    return count


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as folder:
        measure(Path(folder))


def measure(folder: Path) -> None:
    """Measure and print; what is stored goes below the folder."""
    logging.disable()
    body = request_body()
    library = load()
    request = parse(body, "patient-view")
    prefetch = request.prefetch

    def decoding() -> Any:
        return [decode(value, key) for key, value in prefetch.items()]

    def charting() -> Chart:
        return Chart((item for found, _ in decoding() for item in found), "bench-patient", None, NOW)

    def findings() -> Any:
        return read(prefetch, library.terminology, NOW, patient_id="bench-patient").findings

    gc.collect()
    gc.freeze()  # as the server does before it forks
    known = findings()
    assessment = assess(known, library.knowledge, NOW)

    def cards() -> Any:
        maker = CardMaker(library, patient_id="bench-patient", encounter_id=None)
        made = Cards(assessment, maker, notes=(), not_received=(), now=NOW).make()
        return orjson.dumps(response([one.card for one in made]))

    large = load(grow(folder / "large"))
    app, large_app = (create_app(settings(folder), knowledge, lambda: NOW) for knowledge in (library, large))
    builder = EnvironBuilder("/cds-services/leg-pain-patient-view", method="POST")
    environ = {**builder.get_environ(), "REMOTE_ADDR": "127.0.0.1"}  # nobody else is served without a token

    def whole(app: Flask = app) -> bytes:
        sent = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer = b"".join(app.wsgi_app(sent, lambda *_: lambda _: None))
        if b'"summary"' not in answer:
            raise RuntimeError("no cards: this would time something else")
        return answer

    def naive() -> Any:
        validate_everything(body)
        return whole()

    decode_cost = cost(decoding)
    findings_cost = cost(findings)
    rules_cost = cost(lambda: assess(known, library.knowledge, NOW))
    cards_cost = cost(cards)
    together = findings_cost + rules_cost + cards_cost
    validation_cost = cost(lambda: validate_everything(body))
    whole_cost = cost(whole)
    large_cost = cost(lambda: whole(large_app))
    ours, theirs = whole(), naive()
    ratio = (validation_cost + together) / together
    table = Table(title=f"{len(body) / 1000:.0f} KB, {validate_everything(body)} resources, {len(known)} findings")
    table.add_column("part")
    table.add_column("CPU us", justify="right")
    for name, value in (
        ("envelope (parse, prefetch left as bytes)", cost(lambda: parse(body, "patient-view"))),
        ("decoding", decode_cost),
        ("findings (without decoding)", findings_cost - decode_cost),
        ("rules", rules_cost),
        ("cards", cards_cost),
        (f"decoding + findings + rules + cards (target {_TARGET_MICROSECONDS})", together),
        ("whole request through Flask, answer stored", whole_cost),
        (
            f"the same with {len(large.knowledge.rules)} rules, not {len(library.knowledge.rules)}",
            large_cost,
        ),
        ("naive road: full validation of every resource", validation_cost),
        ("the chart alone", cost(charting) - decode_cost),
    ):
        table.add_row(name, f"{value:,.0f}")
    console = Console()
    console.print(table)
    console.print(f"naive road / ours: {ratio:.1f} times (target {_TARGET_RATIO}); same cards: {ours == theirs}")
    console.print(f"ten times the rules: {large_cost / whole_cost:.2f} times the cost (target {_TARGET_SCALE})")


if __name__ == "__main__":
    main()
