"""All checks, entered by being imported."""

from tests.conformance import (
    check_calls,
    check_cards,
    check_data,
    check_discovery,
    check_errors,
    check_feedback,
    check_tokens,
)
from tests.conformance.checklist import CHECKS, walk

__all__ = ["CHECKS", "walk"]
MODULES = (check_calls, check_cards, check_data, check_discovery, check_errors, check_feedback, check_tokens)
