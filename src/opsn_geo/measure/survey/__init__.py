"""Who answered, what the answers are worth, and what they say."""
