"""What the operator sees. The window asks the store and the mailboxes; it never works, and never waits."""
