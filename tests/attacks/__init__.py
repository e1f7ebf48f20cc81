"""Attacks on the program: each tries to run foreign code, to write outside, or to leak a secret, and must fail."""
