"""The page that each learning run writes: what it changed, for whom, and whether that was good."""
