"""Training: the config, the events and the one loop."""
