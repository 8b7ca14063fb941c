"""What people take from the published marts: figures, the page, explanations, lists and metrics."""
