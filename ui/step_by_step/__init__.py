"""The Step by step page: its steps, their drawings, and what there is to see at each."""
