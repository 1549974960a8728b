"""The drawn demo: people whose expressions follow a known timeline."""
