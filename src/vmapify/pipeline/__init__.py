"""The only room that knows all rooms: from paths to a report. Heavy rooms are imported when needed."""
