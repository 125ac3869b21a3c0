"""The file of trusted clients: what it grants, and that a mistake in it is named with file and field."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cds_hooks import Address
from service.security.clients import loopback_of, read_clients
from service.security.files import SettingsFileError
from tests.cds_hooks.tokens import EC_KEY, jwk, rsa_key

EHR: dict[str, Any] = {
    "name": "northfield-ehr",
    "issuer": "https://ehr.example.org",
    "jku": ["https://ehr.example.org/jwks.json"],
    "tenants": ["north"],
    "fhir_servers": ["https://fhir.example.org/r4", "http://127.0.0.1:8080/fhir"],
}
LAB: dict[str, Any] = {"name": "lab", "issuer": "https://lab.example.org", "jwks": {"keys": [jwk(EC_KEY)]}}


def written(folder: Path, *clients: Any) -> Path:
    file = folder / "clients.yaml"
    file.write_text(yaml.safe_dump({"clients": [*clients]}), encoding="utf-8")
    return file


def test_a_client_gets_what_the_file_grants(tmp_path: Path) -> None:
    ehr, lab = read_clients(written(tmp_path, EHR, LAB))
    assert (ehr.name, ehr.issuer) == ("northfield-ehr", "https://ehr.example.org")
    assert ehr.tenants == {"north"}
    assert ehr.keys is None
    assert ehr.may_name("https://fhir.example.org/r4/Patient/1")
    assert not ehr.may_name("https://fhir.example.org/stu3")
    assert lab.keys is not None
    assert [*lab.keys] == ["k1"]
    assert not lab.may_name("https://fhir.example.org/r4")


def test_this_machine_is_called_only_where_the_file_names_it(tmp_path: Path) -> None:
    may_be_loopback = loopback_of(read_clients(written(tmp_path, EHR, LAB)))
    assert may_be_loopback(Address.parse("http://127.0.0.1:8080/fhir/Patient/1"))
    assert not may_be_loopback(Address.parse("http://127.0.0.1:8081/fhir"))
    assert not may_be_loopback(Address.parse("http://localhost:8080/fhir"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ...}, "clients[1].name"),
        ({"name": "anonymous"}, "clients[1].name"),
        ({"name": "intake-page"}, "clients[1].name"),
        ({"name": "a b"}, "clients[1].name"),
        ({"name": "lab"}, "clients[1].name"),
        ({"issuer": ""}, "clients[1].issuer"),
        ({"issuer": "https://lab.example.org"}, "clients[1].issuer"),
        ({"jku": ["http://ehr.example.org/jwks.json"]}, "clients[1].jku[0]"),
        ({"jku": ["https://user@ehr.example.org/jwks.json"]}, "clients[1].jku[0]"),
        ({"jku": "https://ehr.example.org/jwks.json"}, "clients[1].jku"),
        ({"jku": []}, "clients[1].jku"),
        ({"fhir_servers": ["http://fhir.example.org/r4"]}, "clients[1].fhir_servers[0]"),
        ({"fhir_servers": ["https://fhir.example.org/r4?x=1"]}, "clients[1].fhir_servers[0]"),
        ({"fhir_servers": ["https://fhir.example.org/../r4"]}, "clients[1].fhir_servers[0]"),
        ({"fhir_server": ["https://fhir.example.org/r4"]}, "clients[1].fhir_server"),
        ({"tenants": [""]}, "clients[1].tenants[0]"),
        ({"jwks": {"keys": []}}, "clients[1].jwks.keys"),
        ({"jwks": {"keys": [{**jwk(EC_KEY), "kid": 7}]}}, "clients[1].jwks.keys[0]"),
        ({"jwks": {"keys": [jwk(EC_KEY), jwk(rsa_key(1024))]}}, "clients[1].jwks.keys[1]"),
    ],
)
def test_a_mistake_is_named_with_file_and_field(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    client = {name: value for name, value in {**EHR, **changes}.items() if value is not ...}
    file = written(tmp_path, LAB, client)
    with pytest.raises(SettingsFileError) as error:
        read_clients(file)
    assert f"{file}: {field}: " in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "clients: []", "clients: 7", "clients: [7]", "clients: [", "\x00", "more: 1\nclients: []"]
)
def test_a_file_that_lists_no_clients_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clients.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsFileError) as error:
        read_clients(file)
    assert str(error.value).startswith(str(file))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsFileError, match=r"nowhere\.yaml"):
        read_clients(tmp_path / "nowhere.yaml")
