"""The wire: marshmallow schemas of what crosses HTTP. Knows no Flask and no triage."""
