"""Cloud-Optimised GeoTIFF of distances, with their QGIS style."""
