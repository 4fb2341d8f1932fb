"""Endpoints of a study from the scores of its people: change, response, time to deterioration, area, worst grade."""
