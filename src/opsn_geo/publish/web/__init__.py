"""Pages of the web: the atlas and the Folium maps, without any network."""
