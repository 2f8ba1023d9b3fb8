"""Who gets which public digital service: coverage, deserts and survey representativeness.

The names below take frames and return frames; each is imported when it is first used, so that
``import opsn_geo`` stays light. The page "Ten functions" of the documentation has an example of each.

>>> import opsn_geo
>>> study = opsn_geo.Study.default()
>>> study.metadata.millesime
2021
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opsn_geo.api.survey import SurveyResults, survey
    from opsn_geo.api.territory import coverage, deserts, extension, link, nearest, shares, theme_map
    from opsn_geo.errors import Fault, InputError, MachineError, OpsnGeoError, RejectedRowsError
    from opsn_geo.pipeline.check import check
    from opsn_geo.pipeline.load import Inputs, load
    from opsn_geo.pipeline.run import Results, run
    from opsn_geo.study import Boundaries, Metadata, Study

__version__ = "0.2.0"

__all__ = [
    "Boundaries",
    "Fault",
    "InputError",
    "Inputs",
    "MachineError",
    "Metadata",
    "OpsnGeoError",
    "RejectedRowsError",
    "Results",
    "Study",
    "SurveyResults",
    "check",
    "coverage",
    "deserts",
    "extension",
    "link",
    "load",
    "nearest",
    "run",
    "shares",
    "survey",
    "theme_map",
]

_MODULES = {
    "api.survey": ("SurveyResults", "survey"),
    "api.territory": ("coverage", "deserts", "extension", "link", "nearest", "shares", "theme_map"),
    "errors": ("Fault", "InputError", "MachineError", "OpsnGeoError", "RejectedRowsError"),
    "pipeline.check": ("check",),
    "pipeline.load": ("Inputs", "load"),
    "pipeline.run": ("Results", "run"),
    "study": ("Boundaries", "Metadata", "Study"),
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for (PEP 562)."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(_import_module(f"opsn_geo.{module}"), name)
    message = f"module 'opsn_geo' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return [*__all__, "__version__"]
