"""What a model is: its sizes and traits, frozen and checked once; positions, masks, and the image that it reads."""
