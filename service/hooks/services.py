"""What discovery says of each hook, and which function answers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import uuid4

from cds_hooks import Card, HookRequest, HookService
from cds_hooks.cards import Link
from cds_hooks.hooks import HOOKS
from service.advice.card_maker import Advised
from service.assessing import facts_digest
from service.hooks.appointment import on_appointment
from service.hooks.chart import on_chart, on_problem
from service.hooks.counting import CallCounts
from service.hooks.discharge import on_discharge
from service.hooks.memory import Memory
from service.hooks.orders import on_order_select, on_order_sign
from service.hooks.triage import Answered, asked_by_patient
from service.in_force import InForce
from service.intake.queries import PREFETCH
from service.knowledge.library import Library

Clock = Callable[[], datetime]
Handler = Callable[[HookRequest, Library, datetime], Answered]
_NOWHERE: Mapping[str, str] = MappingProxyType({})

_USAGE = (
    "Every prefetch value may be missing, null, a Bundle, a resource or an OperationOutcome. What is missing or null "
    "is fetched if fhirServer and fhirAuthorization come along; else it counts as unknown, never as absent. Without "
    "any clinical data there is nothing to judge by, and the answer is 412."
)
_LIMITS = "Silent unless the record holds a current leg complaint. Advises clinicians; it does not diagnose."


@dataclass(frozen=True, slots=True)
class _Hook:
    """One hook we answer: its title and description in discovery, and the function that answers it."""

    name: str
    title: str
    description: str
    handler: Handler


_TRIAGE = "Triage of pain in the back of the leg and the lower leg: urgency, tests, referrals and what to ask."
_HOOKS = (
    _Hook("patient-view", "Leg pain triage when a chart is opened", _TRIAGE, on_chart),
    _Hook("encounter-start", "Leg pain triage when a visit starts", _TRIAGE, on_chart),
    _Hook(
        "problem-list-item-create",
        "Leg pain triage when a problem is added",
        f"{_TRIAGE} Silent when the problem just added bears on none of it.",
        on_problem,
    ),
    _Hook(
        "order-select",
        "Check of a selected order against the leg pain triage",
        "Says when a selected order is not the test that the leg complaint asks for, is too slow, lacks its side, is "
        "placed twice or is unsafe, and offers the correction. Silent when the order is right.",
        on_order_select,
    ),
    _Hook(
        "order-sign",
        "Check of orders against the leg pain triage before they are signed",
        "Says when an order is not the test that the leg complaint asks for, is too slow, lacks its side, is placed "
        "twice or is unsafe, and offers the correction. Silent when the orders are right.",
        on_order_sign,
    ),
    _Hook(
        "appointment-book",
        "Check of an appointment against the urgency of a leg complaint",
        "Says when the appointment is later than the leg complaint allows. To a patient it speaks in plain words and "
        "names no condition.",
        on_appointment,
    ),
    _Hook(
        "encounter-discharge",
        "Leg pain safety check before the patient leaves",
        "Names red flags that still stand, suggested tests that are neither ordered nor done, results that are not "
        "back, and what to tell the patient.",
        on_discharge,
    ),
)


def hook_services(
    in_force: InForce, memory: Memory, clock: Clock, launches: Mapping[str, str] = _NOWHERE
) -> list[HookService]:
    """The services that discovery lists, working with the library in force, this memory and this clock.

    Args:
        in_force: The knowledge, without what was switched off.
        memory: What is kept of answers.
        clock: What time it is.
        launches: By client, where an EHR launches our pages; its clinicians' cards carry a link there.
    """
    counts = CallCounts(memory.store.add_calls, clock)
    return [
        HookService(
            id=f"leg-pain-{hook.name}",
            hook=hook.name,
            title=hook.title,
            description=f"{hook.description} {_LIMITS}",
            handler=_Answering(f"leg-pain-{hook.name}", hook.handler, in_force, memory, clock, counts, launches),
            prefetch=PREFETCH,
            usage_requirements=_USAGE,
            hook_version=HOOKS[hook.name].version,
        )
        for hook in _HOOKS
    ]


@dataclass(frozen=True, slots=True)
class _Answering:
    """What one service does with a request: triage, leave out what was overridden, keep the answer, give it; count."""

    service: str
    handler: Handler
    in_force: InForce
    memory: Memory
    clock: Clock
    counts: CallCounts
    launches: Mapping[str, str]

    def __call__(self, request: HookRequest) -> Sequence[Card]:
        given = self._answer(request)
        self.counts.add(request.client, self.service, len(given))
        return given

    def _answer(self, request: HookRequest) -> Sequence[Card]:
        now, library = self.clock(), self.in_force.library
        result, advised = self.handler(request, library, now)
        if result is None or not (advised or result.assessment.in_scope):
            return []
        facts = facts_digest(result.assessment.findings)
        shown = self.memory.keyed(self.memory.not_overridden(request, facts, advised, now))
        # Of a patient without a leg complaint nothing is kept: it is nobody's business here.
        if result.assessment.in_scope:
            id = str(uuid4())  # noqa: A001 - its name everywhere
            shown = self._leading_to(id, request, shown)
            self.memory.keep(self.service, request, result, shown, id=id, facts=facts, library=library)
        return [made.card for made in shown]

    def _leading_to(
        self,
        id: str,  # noqa: A002
        request: HookRequest,
        advised: Sequence[Advised],
    ) -> list[Advised]:
        """The cards with a link by which the EHR opens this assessment here, if it can and a clinician reads them."""
        url = self.launches.get(request.client)
        if url is None or asked_by_patient(request):
            return list(advised)
        link = Link(label="Open in legtriage", url=url, type="smart", app_context=id)
        return [replace(made, card=replace(made.card, links=(link, *made.card.links))) for made in advised]
