"""One whole run, and the look whether everything is as it was written."""
