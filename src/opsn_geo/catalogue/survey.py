"""What all stages must agree on about a survey, below them all."""

from __future__ import annotations

from typing import Final

from opsn_geo.catalogue.words import entries

DEFAULT_MIN_ANSWERS: Final[int] = entries("study_keys.thresholds.min_answers")["default"]
"""Fewest answers that anything published rests on, unless a study asks otherwise (``min_answers``).

:mod:`opsn_geo.measure.disclosure` is the rule that it belongs to.
"""
VARIABLES: Final = ("code_dep", "size_band", "density_band", "below_2000", "membership", "siren_epci")
"""What is known of every commune and may explain who answered; a study may add variables of its own."""
GROUPED: Final = "grouped"
"""Default of ``survey.respondents``: who answered is published in groups only, not commune by commune."""
