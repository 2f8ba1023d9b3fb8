from __future__ import annotations
def write(path): pass
