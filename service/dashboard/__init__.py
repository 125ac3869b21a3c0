"""The clinicians' pages: whom to see next, why, and what was decided."""

from service.dashboard.blueprint import create_dashboard, create_smart
from service.dashboard.desk import Desk

__all__ = ["Desk", "create_dashboard", "create_smart"]
