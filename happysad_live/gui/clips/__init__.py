"""The Clips panel: recorded clips listed, played, labelled and exported."""
