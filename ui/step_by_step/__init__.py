"""The Step by step page: its steps, their drawings, and what there is to look for at each."""
