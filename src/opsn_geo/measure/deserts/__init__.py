"""Where a service does not come, how large, how certain, and how far the nearest help is."""
