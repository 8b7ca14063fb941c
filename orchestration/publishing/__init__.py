"""Audited generations of the marts, the catalogs through which readers see one, and what was published before."""
