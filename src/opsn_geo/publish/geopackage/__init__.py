"""The GeoPackage: layers, tables, aliases, metadata."""
