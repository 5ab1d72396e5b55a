"""The page Text: images for a prompt, a blend of two prompts, several prompts compared from the same seeds.

May import `pages.ui` and `gan_core`, no other page.
"""
