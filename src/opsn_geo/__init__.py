"""Who gets which public digital service: coverage, deserts and survey representativeness.

The names below are the short way in; they are imported when first used, so ``import opsn_geo`` stays light.
The stages of a run, one by one, are in :mod:`opsn_geo.run.pipeline`, the measures in :mod:`opsn_geo.measure`.

>>> import opsn_geo
>>> "run" in dir(opsn_geo)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opsn_geo.errors import Fault, InputError, MachineError, OpsnGeoError, RejectedRowsError
    from opsn_geo.run.pipeline import Results, run
    from opsn_geo.study import Metadata, Study

__version__ = "0.1.0"

__all__ = [
    "Fault",
    "InputError",
    "MachineError",
    "Metadata",
    "OpsnGeoError",
    "RejectedRowsError",
    "Results",
    "Study",
    "run",
]

_HOMES = {
    "Fault": "errors",
    "InputError": "errors",
    "MachineError": "errors",
    "Metadata": "study",
    "OpsnGeoError": "errors",
    "RejectedRowsError": "errors",
    "Results": "run.pipeline",
    "Study": "study",
    "run": "run.pipeline",
}


def __getattr__(name: str) -> object:
    """Import a public name from its module when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        message = f"module 'opsn_geo' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"opsn_geo.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted([*globals(), *__all__])
