"""Streams of scores and reasons; one family alone."""

from graduation_model.scoring.alone import score_answers
from graduation_model.scoring.stream import ScoredBlock, score_block, score_blocks

__all__ = ["ScoredBlock", "score_answers", "score_block", "score_blocks"]
