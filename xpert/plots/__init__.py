"""Tables in, figures out: one figure a module, one palette, no server."""
