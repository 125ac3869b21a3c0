"""The clinical handbook: the knowledge as pages that a clinician can read, made from the data and nothing else."""
