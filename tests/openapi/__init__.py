"""OpenAPI documents: what they say of guards, and whether the guards do so."""
