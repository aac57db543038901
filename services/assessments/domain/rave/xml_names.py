"""Namespaces of ODM and of Medidata's extensions to it."""

ODM_NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
MDSOL_NAMESPACE = "http://www.mdsol.com/ns/odm/metadata"
INDUCT_NAMESPACE = "urn:induct:odm"
"""Of what neither has a word for: the null flavour of a value that is missing."""
