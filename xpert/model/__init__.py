"""The network, the baselines beside it, and the bundle that holds both."""
