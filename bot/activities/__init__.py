"""What a workflow does, one file per activity, without the engine: the command line calls the same functions."""
