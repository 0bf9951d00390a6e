"""The parts of a computation: stages and their operations, the terms of a derivation, and how terms are rendered."""
