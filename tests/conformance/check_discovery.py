"""Discovery and the prefetch templates."""

import re
from collections.abc import Iterator

from tests.conformance.checklist import NotHere, shows
from tests.conformance.subject import DISCOVERY, JSON, Subject

PUBLISHED = {
    "patient-view": "1.0",
    "encounter-start": "1.0",
    "encounter-discharge": "1.0",
    "order-select": "1.0",
    "order-sign": "1.0",
    "appointment-book": "1.0",
    "problem-list-item-create": "0.1.0",
}
MEMBERS = {
    "hook",
    "title",
    "description",
    "id",
    "prefetch",
    "usageRequirements",
    "version",
    "hookVersion",
    "extension",
}
ALWAYS = {"userId", "patientId"}
WITH_ENCOUNTER = {"encounter-start", "encounter-discharge"}
OWN_HOOK = re.compile(r"[a-z][a-z0-9]*(\.[a-z][a-z0-9-]*)+")
TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
USER_IDS = {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}


def listed(subject: Subject) -> list[JSON]:
    services = subject.send("GET", DISCOVERY).json()["services"]
    assert isinstance(services, list), "services is no array"
    assert services, "no services"
    return services


def all_have_text(subject: Subject, member: str) -> None:
    for service in listed(subject):
        text = service.get(member)
        assert isinstance(text, str), f"{service.get('id')}: {member} is no string"
        assert text.strip(), f"{service.get('id')}: {member} is blank"


def templates(subject: Subject) -> Iterator[tuple[str, str]]:
    """Every template with its hook."""
    for service in listed(subject):
        for template in service.get("prefetch", {}).values():
            yield service["hook"], template


def parameters(template: str) -> list[tuple[str, str]]:
    _, _, query = template.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    return [(name, value) for name, _, value in pairs]


@shows("DISC-1", "DISC-2")
def discovery_answers(subject: Subject) -> None:
    reply = subject.send("GET", DISCOVERY)
    assert reply.status == 200, reply.status
    assert isinstance(reply.json().get("services"), list), "services is no array"


@shows("DISC-3")
def a_hook(subject: Subject) -> None:
    all_have_text(subject, "hook")


@shows("DISC-4")
def a_title(subject: Subject) -> None:
    all_have_text(subject, "title")


@shows("DISC-5")
def a_description(subject: Subject) -> None:
    all_have_text(subject, "description")


@shows("DISC-6")
def an_id(subject: Subject) -> None:
    all_have_text(subject, "id")
    odd = [each["id"] for each in listed(subject) if not re.fullmatch(r"[A-Za-z0-9\-._~]+", each["id"])]
    assert not odd, odd


@shows("DISC-7")
def prefetch_is_text_by_key(subject: Subject) -> None:
    for service in listed(subject):
        assert service["prefetch"], f"{service['id']}: no templates"
        odd = [key for key, value in service["prefetch"].items() if not isinstance(value, str) or not key.strip()]
        assert not odd, odd


@shows("DISC-8")
def usage_requirements(subject: Subject) -> None:
    all_have_text(subject, "usageRequirements")


@shows("DISC-9")
def a_semantic_version(subject: Subject) -> None:
    odd = [each.get("version") for each in listed(subject) if not re.fullmatch(r"\d+\.\d+\.\d+", each["version"])]
    assert not odd, odd


@shows("DISC-10")
def the_published_hook_version(subject: Subject) -> None:
    for service in listed(subject):
        given = service.get("hookVersion")
        assert given in (None, PUBLISHED[service["hook"]]), f"{service['hook']}: {given}"


@shows("DISC-11")
def id_and_hook_are_unique(subject: Subject) -> None:
    pairs = [(each["id"], each["hook"]) for each in listed(subject)]
    assert len(pairs) == len(set(pairs)), pairs


@shows("DISC-12")
def own_hooks_are_in_reverse_domain_form(subject: Subject) -> None:
    own = [each["hook"] for each in listed(subject) if each["hook"] not in PUBLISHED]
    assert all(OWN_HOOK.fullmatch(hook) for hook in own), own


@shows("DISC-13")
def no_other_members(subject: Subject) -> None:
    for service in listed(subject):
        assert service.keys() <= MEMBERS, f"{service['id']}: {sorted(service.keys() - MEMBERS)}"
    assert subject.send("GET", DISCOVERY).json().keys() <= {"services", "extension"}


@shows("DISC-14")
def discovery_is_stable(subject: Subject) -> None:
    bodies = {subject.send("GET", DISCOVERY).body for _ in range(6)}
    assert len(bodies) == 1, f"{len(bodies)} different answers"


@shows("DISC-15")
def each_id_answers_post(subject: Subject) -> None:
    for service in listed(subject):
        reply = subject.send("POST", f"{DISCOVERY}/{service['id']}", {})
        assert reply.status == 400, f"{service['id']}: {reply.status} for an empty request"


@shows("DISC-16")
def one_id_per_hook(subject: Subject) -> None:
    ids = [each["id"] for each in listed(subject)]
    assert len(ids) == len(set(ids)), ids


@shows("DISC-17")
def discovery_is_open_and_takes_a_token(subject: Subject) -> None:
    assert subject.send("GET", DISCOVERY, token="").status == 200, "closed without a token"
    if not subject.callers:
        # The Sandbox sends its token to everybody.
        reply = subject.send("GET", DISCOVERY, headers={"Authorization": "Bearer a.b.c"})
        assert reply.status == 200, "a token is refused"
        return
    assert subject.send("GET", DISCOVERY).status == 200, "a good token is refused"


@shows("PRE-1")
def double_braces(subject: Subject) -> None:
    odd = [template for _, template in templates(subject) if re.search(r"[{}]", TOKEN.sub("", template))]
    assert not odd, odd
    assert any(TOKEN.search(template) for _, template in templates(subject)), "no tokens"


@shows("PRE-2")
def known_tokens(subject: Subject) -> None:
    used = {token for _, template in templates(subject) for token in TOKEN.findall(template)}
    odd = [token for token in used if token not in USER_IDS and not re.fullmatch(r"context\.\w+", token)]
    assert not odd, odd


@shows("PRE-3")
def tokens_that_the_hook_always_has(subject: Subject) -> None:
    for hook, template in templates(subject):
        allowed = ALWAYS | ({"encounterId"} if hook in WITH_ENCOUNTER else set())
        used = {token.removeprefix("context.") for token in TOKEN.findall(template)} - USER_IDS
        assert used <= allowed, f"{hook}: {template}"


@shows("PRE-4")
def a_read_or_a_search_of_one_type(subject: Subject) -> None:
    form = re.compile(r"[A-Z][A-Za-z]+(/\{\{[^{}]+\}\}|\?[^?]+)")
    odd = [template for _, template in templates(subject) if not form.fullmatch(template)]
    assert not odd, odd


@shows("PRE-5")
def no_modifier_but_in(subject: Subject) -> None:
    names = {name for _, template in templates(subject) for name, _ in parameters(template)}
    odd = [name for name in names if ":" in name and not name.endswith(":in")]
    assert not odd, odd
    assert not [name for name in names if "." in name], "a chained parameter"


@shows("PRE-6")
def plain_date_comparisons(subject: Subject) -> None:
    values = [value for _, template in templates(subject) for _, value in parameters(template)]
    odd = [value for value in values if re.match(r"(ne|sa|eb|ap)\d{4}", value)]
    assert not odd, odd


@shows("PRE-7")
def few_steering_parameters(subject: Subject) -> None:
    names = {name for _, template in templates(subject) for name, _ in parameters(template)}
    odd = [name for name in names if name.startswith("_") and name not in {"_count", "_sort"}]
    assert not odd, odd


@shows("PRE-8")
def no_parameter_twice(subject: Subject) -> None:
    for _, template in templates(subject):
        names = [name for name, _ in parameters(template)]
        assert len(names) == len(set(names)), template


def require(present: object, what: str) -> None:
    """Leave the check when the service does not run in the way that it looks at."""
    if not present:
        raise NotHere(what)
