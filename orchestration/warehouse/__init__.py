"""The engine and its tables, dbt, and the note of what a build was made from."""
