"""What the published marts call open is told to its owner once, and so is its end."""
