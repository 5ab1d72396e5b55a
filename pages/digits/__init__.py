"""The page Digits."""
