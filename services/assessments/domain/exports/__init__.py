"""Files for others: what a study knows as of an instant, written in the formats of the trade."""
