"""From a file to validated conditions: read, map, check, summarise, split."""
