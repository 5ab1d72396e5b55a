"""The pages of the app, one short script each, and what they share."""
