"""`/api/v1/worklist` and `/api/v1/statistics`: whom to see next, and what a period came to."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Response

from schemas.assessment import AssessmentPageSchema
from schemas.members import TIERS
from schemas.reading import PageQuerySchema, PeriodQuerySchema, StatisticsSchema
from service.api import media
from service.api.assessments import page
from service.api.cursors import no_cursor, values_of
from service.api.described import Gives, operation, part
from service.api.problems import refused
from service.api.rest import here
from service.intake.structured import Wrong

_USUAL = timedelta(days=30)

blueprint = part("Worklist", "Needs the role `clinician`.")


@operation(
    blueprint,
    "GET",
    "/worklist",
    id="worklist",
    gives=Gives("The most urgent first, in a tier what is due first.", AssessmentPageSchema),
    errors=(406, 422, 503),
    query=PageQuerySchema,
    clinicians=True,
)
def worklist(query: dict[str, Any]) -> Response:
    """List whom to see next.

    Assessments in scope that are `open`, unless `status` says otherwise. Of a patient who is known the latest alone,
    and an earlier one while that was more urgent.
    """
    media.wanted(media.JSON)
    try:
        stored = here().assessor.store.worklist(
            tier=query.get("tier"),
            status=query.get("status", "open"),
            after=values_of(query.get("cursor"), (int, str, int), least=-len(TIERS)),
            limit=query["limit"] + 1,
        )
    except ValueError:
        raise no_cursor() from None
    return page(stored, query["limit"], lambda last: list(last.place))


@operation(
    blueprint,
    "GET",
    "/statistics",
    id="statistics",
    gives=Gives("Counts alone, no patients.", StatisticsSchema),
    errors=(406, 422, 503),
    query=PeriodQuerySchema,
    clinicians=True,
)
def statistics(query: dict[str, Any]) -> Response:
    """Count what a period came to."""
    media.wanted(media.JSON)
    last = query.get("until") or here().clock().astimezone(UTC).date()
    try:
        until = datetime.combine(last, time.min, UTC) + timedelta(days=1)
        since = datetime.combine(query["since"], time.min, UTC) if "since" in query else until - _USUAL
    except OverflowError:
        raise refused([Wrong("#/query/until", "too far from now")]) from None
    if since >= until:
        raise refused([Wrong("#/query/since", "lies after `until`")])
    return media.json_answer(here().assessor.store.statistics(since, until))
