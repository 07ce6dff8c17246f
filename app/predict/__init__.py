"""A matcher and texts -> scores."""
