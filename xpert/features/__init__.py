"""Fixed vectors and similarities for what is perturbed: genes from prior knowledge, compounds from structure."""
