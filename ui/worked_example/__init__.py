"""The Worked example page: the lesson on screen, its settings, files and history, and the check of the textbook."""
