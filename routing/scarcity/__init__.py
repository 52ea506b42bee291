"""Scarcity prices: what a unit or a parcel slot will be worth to orders still to come."""
