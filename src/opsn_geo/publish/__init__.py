"""From measured frames to what people open: GeoPackage, maps, tables, manifest."""
