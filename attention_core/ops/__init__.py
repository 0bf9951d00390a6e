"""The mathematics: one operation per class, with its array kernel and the derivation of a single number together."""
