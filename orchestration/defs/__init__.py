"""All of Dagster: assets, checks, schedules and sensors, and what they share."""
