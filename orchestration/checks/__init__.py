"""Great Expectations on the lake and on the tables of each layer, and the pages of what was found."""
