"""From what users bring to checked tables: every fault collected, raised once."""
