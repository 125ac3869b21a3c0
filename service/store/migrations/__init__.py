"""Alembic's migrations of the store, one file a revision, written by hand."""
