"""Our CDS Hooks services: what discovery says of each hook, and the one function that answers it."""

from service.hooks.memory import Memory
from service.hooks.services import Clock, hook_services
from service.hooks.triage import Triage, triage
from service.intake.queries import PREFETCH

__all__ = ["PREFETCH", "Clock", "Memory", "Triage", "hook_services", "triage"]
