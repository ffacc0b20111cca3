"""Carries files to object storage and verifies what arrived."""
