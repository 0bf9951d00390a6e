"""The sentences of the pages, computed from what is shown: functions of a run that return text, and draw nothing."""
