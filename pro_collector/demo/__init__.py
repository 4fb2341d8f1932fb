"""The demonstration: the whole product on synthetic people, with a page to take part in it, or without one."""
