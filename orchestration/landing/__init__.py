"""The way of a delivered file into the lake: each content once, and rows that fail the contract into quarantine."""
