"""Signed messages to the safety desk (Standard Webhooks 1.0.0), sent from a table with retries."""
