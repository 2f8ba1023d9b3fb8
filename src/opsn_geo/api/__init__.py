"""The public functions: they check the frames that they are given, then call a measure."""
