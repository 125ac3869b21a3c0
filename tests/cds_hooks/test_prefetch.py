import pytest

from cds_hooks.hooks import HOOKS
from cds_hooks.prefetch import check_template

ANYONE = HOOKS["patient-view"].tokens
CLINICIANS = HOOKS["order-sign"].tokens


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("Patient/{{context.patientId}}", id="PRE-4-read"),
        pytest.param("Library/tea.v1", id="PRE-4-read-of-a-literal-id"),
        pytest.param("{{context.userId}}", id="PRE-4-the-user"),
        pytest.param("Patient?_id={{context.patientId}}", id="PRE-4-search"),
        pytest.param("Encounter?_id={{context.encounterId}}", id="PRE-3-optional-member"),
        pytest.param("Practitioner/{{userPractitionerId}}", id="PRE-2-user-token"),
        pytest.param("Patient?_id={{userPatientId}}", id="PRE-2-user-may-be-the-patient"),
        pytest.param("Observation?patient={{context.patientId}}&code=a|1,a|2&_sort=-date&_count=9", id="PRE-7"),
        pytest.param("Condition?patient={{context.patientId}}&code:in=http://tea.example.org/vs", id="PRE-5-in"),
        pytest.param("Observation?patient={{context.patientId}}&date=ge2020-01-01", id="PRE-6-ge"),
        pytest.param("MedicationRequest?performer={{context.userId}}", id="PRE-5-user-as-value"),
    ],
)
def test_a_template_every_client_can_fill_is_accepted(template: str) -> None:
    check_template(template, ANYONE)


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        pytest.param("Patient/{context.patientId}", "braces", id="PRE-1-single-braces"),
        pytest.param("Patient/{{context.patientId}", "braces", id="PRE-1-unbalanced"),
        pytest.param("Patient/{{{context.patientId}}}", "braces", id="PRE-1-too-many"),
        pytest.param("Patient/{{ context.patientId }}", "white space", id="PRE-1-spaces"),
        pytest.param("Patient/{{patientId}}", "tokens", id="PRE-2-no-context"),
        pytest.param("Patient/{{userTeaMakerId}}", "tokens", id="PRE-2-unknown-user"),
        pytest.param("Patient?_id={{context.draftOrders.id}}", "tokens", id="PRE-3-second-level"),
        pytest.param("Patient?_id={{context.teaId}}", "tokens", id="PRE-3-not-in-the-hook"),
        pytest.param("Observation?date=ge{{today()}}", "tokens", id="PRE-2-date-arithmetic"),
        pytest.param("", "neither", id="PRE-4-empty"),
        pytest.param("{{context.patientId}}", "neither", id="PRE-4-id-without-type"),
        pytest.param("Patient", "neither", id="PRE-4-type-only"),
        pytest.param("Patient/{{context.patientId}}/$everything", "neither", id="PRE-4-operation"),
        pytest.param("https://ehr.example.org/Patient?_id=1", "neither", id="PRE-4-absolute"),
        pytest.param("Practitioner/{{context.userId}}", "already holds", id="PRE-4-type-twice"),
        pytest.param("Patient?", "plain search parameter", id="PRE-4-no-parameter"),
        pytest.param("Patient?_id=", "no value", id="PRE-4-no-value"),
        pytest.param("Patient?name:exact=Tea", ":in", id="PRE-5-modifier"),
        pytest.param("Observation?subject:Patient=1", ":in", id="PRE-5-type-modifier"),
        pytest.param("Observation?patient.name=Tea", "plain search", id="PRE-5-chain"),
        pytest.param("Observation?date=sa2020-01-01", "eq, lt, gt, ge or le", id="PRE-6-starts-after"),
        pytest.param("Observation?date=ne2020", "eq, lt, gt, ge or le", id="PRE-6-not-equal"),
        pytest.param("Patient?_id=1&_include=Patient:link", "subset", id="PRE-7-include"),
        pytest.param("Patient?_has:Observation:patient:code=1", "subset", id="PRE-7-reverse-chain"),
        pytest.param("Observation?date=ge2020-01-01&date=le2021-01-01", "twice", id="PRE-8"),
        pytest.param("Observation?code=1&code:in=2", "twice", id="PRE-8-with-modifier"),
    ],
)
def test_any_other_template_is_refused(template: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        check_template(template, ANYONE)


def test_pre_2_a_user_who_cannot_be_the_patient_has_no_patient_token() -> None:
    with pytest.raises(ValueError, match="tokens"):
        check_template("Patient?_id={{userPatientId}}", CLINICIANS)
    check_template("PractitionerRole?_id={{userPractitionerRoleId}}", CLINICIANS)
