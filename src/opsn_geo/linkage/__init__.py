"""From names and codes of any vintage to official communes: linked + rejected = read."""

from __future__ import annotations

from opsn_geo.linkage.answers import link_answers
from opsn_geo.linkage.causes import Cause, How
from opsn_geo.linkage.communes import link_communes
from opsn_geo.linkage.members import link_members, link_offers, mended_opsn, unlinked_members
from opsn_geo.linkage.result import Linked
from opsn_geo.linkage.variables import link_variables

__all__ = [
    "Cause",
    "How",
    "Linked",
    "link_answers",
    "link_communes",
    "link_members",
    "link_offers",
    "link_variables",
    "mended_opsn",
    "unlinked_members",
]
