"""What pages are made of: one folder a page, and the folders that pages share."""
