"""The page How it works: a GAN on points in the plane that trains live, and an introduction to every kind of GAN here.

May import `pages.ui` and `gan_core`, no other page.
"""
