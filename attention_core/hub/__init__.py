"""Where models come from: the catalogue, the hub and its local cache, and the progress of a download."""
