"""A small Kubernetes API: a store with versions and watches, patches, selectors, and the paths that reach them."""
