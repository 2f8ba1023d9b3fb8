"""Hostile files, kills and full disks: what the package promises of them is measured here."""
