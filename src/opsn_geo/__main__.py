"""``python -m opsn_geo``: the same as the command ``opsn-geo``."""

from opsn_geo.cli import main

if __name__ == "__main__":
    main()
