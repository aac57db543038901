"""Sinusoidal obstruction syndrome (pack `sos`): EBMT paediatric, modified Seattle, severity."""
