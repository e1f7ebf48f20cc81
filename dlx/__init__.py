"""dlx: a laboratory for deep-learning concepts on the command line."""

__version__ = "0.1.0"
