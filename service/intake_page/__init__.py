"""The public page where a patient answers questions about a leg and reads what to do next."""

from service.intake_page.pages import create_intake_page

__all__ = ["create_intake_page"]
