"""One measured claim a file, each against a named peer in the same run."""
