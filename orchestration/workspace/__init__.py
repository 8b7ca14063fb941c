"""Where a user's data lies, and what every part of the program shares: settings, errors, the lease, files and SQL."""
