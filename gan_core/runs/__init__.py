"""Manages trainings as processes: their queue, status, logs and previews, what goes wrong in them and what may help.

Imports training, evaluation, checkpoints, data, models and what lies below them. Nothing is re-exported, because a
training that waits in the queue imports neither torch nor numpy.
"""
