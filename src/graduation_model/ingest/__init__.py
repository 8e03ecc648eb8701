"""Partner files -> the programme's checked tables: csv, xlsx, parquet; codebooks by version; quarantine."""

from graduation_model.ingest.formats import FORMATS
from graduation_model.ingest.load import load_tables
from graduation_model.ingest.params import Codebook, IngestParams

__all__ = ["FORMATS", "Codebook", "IngestParams", "load_tables"]
