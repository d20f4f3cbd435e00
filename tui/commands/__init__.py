"""The commands of `takechain`, a module for each group; what is heavy is imported when a command runs."""
