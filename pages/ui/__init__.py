"""The kit that all pages share: navigation, widgets, galleries, downloads, links, and the cache of models.

It imports `gan_core` and no page. What computes is in `gan_core`.
"""
