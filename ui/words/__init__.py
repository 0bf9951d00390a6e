"""The pages' sentences: functions of a run that return text and draw nothing."""
