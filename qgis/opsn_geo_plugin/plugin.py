"""The plugin: it registers its algorithms, and takes them back when it is switched off."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsProcessingProvider

from .algorithms import Check, Coverage, Deserts, Link, Run


class Provider(QgsProcessingProvider):
    """The algorithms of opsn-geo in the toolbox."""

    def id(self):
        """Return the first half of the name of each algorithm."""
        return "opsn_geo"

    def name(self):
        """Return what the toolbox calls it."""
        return "opsn-geo"

    def loadAlgorithms(self):
        """Add the algorithms."""
        for algorithm in (Check, Run, Link, Coverage, Deserts):
            self.addAlgorithm(algorithm())


class Plugin:
    """What QGIS switches on and off; without a window, ``qgis_process`` asks for the algorithms alone."""

    def __init__(self, _iface):
        self.provider = None

    def initProcessing(self):
        """Register the algorithms."""
        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self):
        """Register the algorithms; the plugin has no window of its own."""
        self.initProcessing()

    def unload(self):
        """Take the algorithms back."""
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
