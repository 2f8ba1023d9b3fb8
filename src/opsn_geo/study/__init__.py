"""A study: what is asked, of which files."""

from opsn_geo.study.model import Boundaries, Metadata, Study, data_dir

__all__ = ["Boundaries", "Metadata", "Study", "data_dir"]
