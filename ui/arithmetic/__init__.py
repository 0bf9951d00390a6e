"""How a number is computed, as equations and tables in which each number opens."""
