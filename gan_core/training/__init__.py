"""Trains generators: the configuration of a run, the training loop, and the files of a run's folder.

Imports checkpoints, models, text, data, objectives and what lies below them. Nothing is re-exported, so that importing
`run_files` imports no torch; `setup.prepare_run` and `trainer.train` are where to begin.
"""
