"""What a computation is made of: stages and their operations, terms of a derivation, and how those are written out."""
