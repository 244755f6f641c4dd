"""What a node is made of: typed configuration, errors with codes, plug-in registries."""
