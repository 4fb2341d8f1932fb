"""An address as a page shows it to somebody who works with it and need not read it."""


def masked(address: str) -> str:
    """Enough to recognise an address that one knows: `+34 … 12`, `m…@…org`; nothing else of it is told."""
    name, at, host = address.partition("@")
    if at:
        return f"{name[:1]}…@…{host.rpartition('.')[2]}"
    return f"{address[:3]} … {address[-2:]}" if len(address) > 7 else "…"
