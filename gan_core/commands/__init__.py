"""The commands of the command line, one file for each or for a few that belong together: arguments, call, output.

They may import everything but `cli`, and are the only modules that print and show progress bars; what takes time to
import, they import when they run.
"""
