"""Models on the Hugging Face Hub: references, previews, downloads into checkpoints, and uploads of models and Spaces.

May import checkpoints, importers, models and upscaling; `client.py` alone talks to the Hub.
"""
