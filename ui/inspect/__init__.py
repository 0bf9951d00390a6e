"""The Inspect page: who looks at whom, why, and what comes next."""
