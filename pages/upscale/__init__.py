"""The page Upscale."""
