"""The page Train: the form of a new training, the list of runs, and the dashboard of one run.

It imports `pages.ui` and `gan_core`; the trainings are processes that `gan_core.runs` starts.
"""
