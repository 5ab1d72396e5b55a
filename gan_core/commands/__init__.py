"""The commands of the command line, a file a group. Each adds its grammar and runs; only here is anything printed."""
