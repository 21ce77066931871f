"""From predictions to decisions: hypotheses, objectives, and what to measure next."""
