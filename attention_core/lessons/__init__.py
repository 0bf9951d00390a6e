"""Worked examples: small layers whose numbers can be edited, their solution, and what can be exported from them."""
