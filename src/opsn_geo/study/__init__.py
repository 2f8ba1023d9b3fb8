"""A study: what is asked, of which files."""

from opsn_geo.study.model import Metadata, Study, data_dir

__all__ = ["Metadata", "Study", "data_dir"]
