"""Damaged and hostile input, drawn by seed: what may come into a file (`mutations`), and what reads it (`targets`)."""
