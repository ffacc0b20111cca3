"""The stops: the session's table and plot, and the review of one stop picture by picture."""
