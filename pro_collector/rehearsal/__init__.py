"""Local stand-ins that speak the providers' own protocols: a carrier, a mail catcher, and people who answer."""
