"""The schedules page: what is captured again and again."""
