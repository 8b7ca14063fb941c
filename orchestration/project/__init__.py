"""What the checkout says before anything runs: the raw contract, the marts, the suites, and which code decides what."""
