"""Worked examples: small attention layers with editable numbers, their solutions, and exports."""
