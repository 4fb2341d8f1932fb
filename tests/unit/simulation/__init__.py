"""Tests of the rehearsal of whole studies."""
