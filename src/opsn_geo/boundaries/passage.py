from __future__ import annotations
def write(path,cogs): pass
