"""Boundaries of communes, EPCI and départements: download, read, repair, clean, verify, write."""

from __future__ import annotations

from opsn_geo.boundaries.builder import build

__all__ = ["build"]
