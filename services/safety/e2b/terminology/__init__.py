"""MedDRA and WHODrug as the sponsor's licence delivers them. Nothing of either is shipped."""
