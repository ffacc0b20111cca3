"""Providers: what answers a pack for an asset, on this machine or in the cloud."""
