"""The one place where the stages meet: load, analyses, pipeline, check."""

from __future__ import annotations

from opsn_geo.callable_package import make_callable

make_callable(__name__, "pipeline", "run")
