"""From names and codes of any vintage to official communes: linked + rejected = read."""
