"""Measures the product on labelled files: what `triage evaluate` keeps, shows and draws."""
