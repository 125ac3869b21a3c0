import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import cds_hooks
from tests.cds_hooks.toy import call, post


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    readme = Path(cds_hooks.__file__).with_name("README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102 - our own example
    app = names["app"]
    assert isinstance(app, Flask)
    return app.test_client()


@pytest.mark.parametrize(
    ("patient", "summary", "detail"),
    [
        ({"resourceType": "Patient", "name": [{"text": "Ann <b>"}]}, "Ann <b>", "Ann &lt;b&gt;"),
        ({"resourceType": "Patient"}, "This patient", "This patient"),
        ({"resourceType": "OperationOutcome"}, "This patient", "This patient"),
        (None, "This patient", "This patient"),
        ("Ann", "This patient", "This patient"),
    ],
)
def test_the_example_of_the_readme_runs(client: FlaskClient, patient: object, summary: str, detail: str) -> None:
    answer = post(client, call(prefetch={"patient": patient}), "/cds-services/influenza-reminder")
    (card,) = answer.get_json()["cards"]
    assert card["summary"] == f"{summary}: no influenza vaccination this season"
    assert card["detail"] == f"Offer the vaccine to {detail} today."
