"""Local simulators that use the providers' real protocols: a carrier, a mail catcher, and people who answer."""
