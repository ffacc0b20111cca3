"""What does the work: feeds, jobs, uploads. No Qt."""
