"""The page of one's own: behind a code, for patients and those who answer for them."""
