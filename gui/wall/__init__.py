"""The live wall: tiles that paint the mailboxes' newest pictures, and the bar that captures what they show."""
