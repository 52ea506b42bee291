"""The routing engine against published and synthetic instances: how far from the optimum, and how fast."""
