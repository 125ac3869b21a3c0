"""The pure core: findings in, assessment out.

Nothing here does input or output, reads a clock, knows FHIR or imports another room of the house.
"""
