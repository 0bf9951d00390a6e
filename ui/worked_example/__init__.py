"""The Worked example page: the lesson on screen, its settings, files and history, and the textbook held against it."""
