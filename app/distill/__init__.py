"""Learning from a teacher: texts -> pairs worth learning from -> probabilities of a teacher, for `run_match.sh`."""
