"""Made-up patients for a newcomer to look at: read from a file, and taken along the roads that real ones come."""
