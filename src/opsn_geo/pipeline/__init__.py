"""The one place where the stages meet: load, analyses, run, check."""
