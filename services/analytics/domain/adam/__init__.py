"""Analysis datasets (ADaM) of a night: who and what each number rests on, and how it came about."""
