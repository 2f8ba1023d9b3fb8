"""A toolbox of QGIS that calls the installed opsn-geo; QGIS starts it here."""


def classFactory(iface):
    """Return the plugin; QGIS calls it by this name."""
    from .plugin import Plugin

    return Plugin(iface)
