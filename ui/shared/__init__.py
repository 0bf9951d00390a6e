"""What every page needs: its address and menu, the model and its input, and the parts that several pages show."""
