"""Styles, forms, layouts and the project that QGIS reads."""
