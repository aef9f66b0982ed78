"""HTTP infrastructure without feature code: middleware, error responses, docs and the SPA."""
