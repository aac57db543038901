"""Response to induction (pack `response`): criteria, the assessments read together, the best."""
