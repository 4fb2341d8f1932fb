"""Figures for publications as SVG, drawn here and without scripts."""
