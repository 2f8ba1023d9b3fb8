"""Embedded boundaries, remade from the packages they come from."""

from opsn_geo.boundaries.builder.build import build

__all__ = ["build"]
