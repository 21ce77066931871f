"""What a treatment did to each gene: tests against control, and their correction for many genes."""
