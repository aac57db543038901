"""The safety desk's own system calls us: signed messages (Standard Webhooks 1.0.0) about cases."""
