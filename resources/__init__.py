"""What ships beside the code: style, icons, footage, each with its licence."""
