"""Super-resolution of whole images."""
