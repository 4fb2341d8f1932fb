"""Figures as SVG without scripts: for the team's pages, patients' own pages, reports and publications."""
