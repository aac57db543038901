"""The second layer: named business rules, over the model, without XML.

A message can satisfy every schema and still say nothing. Each rule has an id, a severity, an
element and a source as data; ``check`` runs those of a profile.
"""
