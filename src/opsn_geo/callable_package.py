"""Packages that can be called: ``opsn_geo.run`` is both a package and a public function.

As soon as any module of a package is imported, Python binds the package to its name in its parent. A function
of the same name would then be hidden, so the package itself is made callable.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any


class CallablePackage(ModuleType):
    """A package that is called like the function it is named after."""

    _function: tuple[str, str]

    @property
    def function(self) -> Callable[..., Any]:
        """The function that a call runs; its module is imported when it is first needed."""
        module, name = self._function
        function: Callable[..., Any] = getattr(import_module(f"{self.__name__}.{module}"), name)
        return function

    @property
    def __signature__(self) -> inspect.Signature:
        """The signature of the function, for editors and notebooks."""
        return inspect.signature(self.function)

    def __call__(self, *args: object, **options: object) -> object:
        """Call the function that the package is named after."""
        return self.function(*args, **options)


def make_callable(package: str, module: str, name: str) -> None:
    """Make a package callable as one of its functions.

    Parameters
    ----------
    package : str
        Name of the package, already imported.
    module, name : str
        Module of the package, and the function in it.

    Examples
    --------
    >>> import opsn_geo.run
    >>> list(inspect.signature(opsn_geo.run).parameters)[:2]
    ['study', 'out']
    """
    called = sys.modules[package]
    called.__class__ = CallablePackage
    called._function = (module, name)  # type: ignore[attr-defined]  # noqa: SLF001 - it is our own class now
