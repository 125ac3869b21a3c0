"""The road of FHIR: `/fhir`, where definitions are read and a QuestionnaireResponse is assessed."""

from service.fhir_api.blueprint import Fhir, create_fhir_blueprint

__all__ = ["Fhir", "create_fhir_blueprint"]
