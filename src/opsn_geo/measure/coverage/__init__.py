"""Who is reached, by whom, by which path, for what; and what would reach more."""
