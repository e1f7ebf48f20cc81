"""Exact statements, one function each: two sides are computed in double precision and compared."""
