"""The settings files of those who may say who somebody is."""

from pathlib import Path
from typing import Any

import pytest
from environs import EnvError

from service.app import create_app
from service.config import read_config
from service.security.files import SettingsFileError
from service.security.launches import read_ehrs
from service.security.single_sign_on import read_single_sign_on
from tests.dashboard.authorization_server import SECRET, Server
from tests.dashboard.elsewhere.launching import VARIABLE, sign_on_file, smart_file, written
from tests.service.settings import settings
from tests.triage.patients import LIBRARY


def test_without_settings_there_is_nothing_to_launch(tmp_path: Path) -> None:
    browser = create_app(settings(tmp_path), LIBRARY).test_client()
    for address in ("/smart/launch", "/smart/callback", "/dashboard/single-sign-on"):
        assert browser.get(address).status_code == 404


EHR_FAULTS = [
    ({"issuer": "http://ehr.example.org/fhir"}, "ehrs.0.issuer"),
    ({"issuer": "https://ehr.example.org/fhir?x=1"}, "ehrs.0.issuer"),
    ({"role": "admin"}, "ehrs.0.role"),
    ({"client": None}, "ehrs.0.client"),
    ({"client_secret_env": "NOT_SET"}, "NOT_SET is not set"),
    ({"frame_ancestors": ["*"]}, "frame_ancestors"),
    ({"unknown": 1}, "unknown"),
]


@pytest.mark.parametrize(("changes", "named"), EHR_FAULTS)
def test_a_file_of_ehrs_that_is_wrong_is_refused_with_its_field(
    tmp_path: Path, server: Server, changes: dict[str, Any], named: str
) -> None:
    path = written(tmp_path / "smart.yaml", smart_file(server, **changes))
    with pytest.raises(SettingsFileError) as refused:
        read_ehrs(path, {VARIABLE: "x"})
    assert named.replace(".0.", "[0].") in str(refused.value)


def test_two_ehrs_are_two_clients_at_two_servers(tmp_path: Path, server: Server) -> None:
    (one,) = smart_file(server)["ehrs"]
    path = written(tmp_path / "smart.yaml", {"ehrs": [one, one]})
    with pytest.raises(SettingsFileError) as refused:
        read_ehrs(path, {VARIABLE: "x"})
    assert "ehrs[1].client" in str(refused.value)
    assert "ehrs[1].issuer" in str(refused.value)


SIGN_ON_FAULTS = [
    ({"issuer": "http://login.example.org"}, "issuer"),
    ({"roles": {"x": "owner"}}, "roles"),
    ({"roles": {}}, "roles"),
    ({"name": ""}, "name"),
    ({"client_secret_env": "NOT_SET"}, "NOT_SET is not set"),
]


@pytest.mark.parametrize(("changes", "named"), SIGN_ON_FAULTS)
def test_a_file_of_the_single_sign_on_that_is_wrong_is_refused_with_its_field(
    tmp_path: Path, server: Server, changes: dict[str, Any], named: str
) -> None:
    path = written(tmp_path / "sso.yaml", sign_on_file(server) | changes)
    with pytest.raises(SettingsFileError) as refused:
        read_single_sign_on(path, {VARIABLE: SECRET})
    assert named in str(refused.value)


def test_an_ehr_is_one_of_the_clients_that_are_trusted(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    trusted = {"name": "another", "issuer": "https://x.example.org", "jku": ["https://x.example.org/keys"]}
    config = settings(
        tmp_path,
        auth="required",
        public_urls=("https://triage.example.org",),
        trusted_clients=written(tmp_path / "clients.yaml", {"clients": [trusted]}),
        smart=written(tmp_path / "smart.yaml", smart_file(server)),
    )

    with pytest.raises(SettingsFileError, match=r"ehrs\[0\].client: is the name of no trusted client"):
        create_app(config, LIBRARY)


def test_an_ehr_cannot_open_a_patient_of_whom_nothing_is_stored(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEGTRIAGE_SMART", str(tmp_path / "smart.yaml"))
    monkeypatch.setenv("LEGTRIAGE_PATIENT_IDS", "none")

    with pytest.raises(EnvError, match="LEGTRIAGE_SMART needs"):
        read_config()
