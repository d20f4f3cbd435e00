"""Evidence: what the chain's figures foretell, what the samples say, and whether the two agree."""
