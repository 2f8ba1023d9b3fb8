"""What a study published, recomputed and checked for consistency."""
