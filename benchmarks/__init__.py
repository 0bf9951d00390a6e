"""Each benchmark prints ratios measured in one run, and fails where a limit is missed."""
