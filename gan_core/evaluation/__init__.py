"""Evaluation: a judge of our own, metrics on its features, and the two put together for a model."""
