"""Feedback into a better embedding model, and the measures that say whether it is better."""
