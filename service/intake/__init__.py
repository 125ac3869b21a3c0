"""Anything -> findings: FHIR R4 resources and structured answers, read leniently, with notes on what was wrong."""
