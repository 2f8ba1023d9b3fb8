"""Territories: the embedded sets, users' own files, and the builder that makes the embedded ones."""
