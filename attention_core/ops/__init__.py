"""The mathematics, one operation a room: its kernel on whole arrays beside how one of its numbers is derived."""
