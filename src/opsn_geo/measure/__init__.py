"""Pure measures: frames in, a new frame out, on the same index; no file, clock, network or map."""
