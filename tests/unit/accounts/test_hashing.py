"""Passwords are hashed with the parameters that RFC 9106 recommends."""

from pro_collector.accounts.hashing import fits, hash_password, is_outdated


async def test_a_password_fits_its_hash_alone() -> None:
    made = await hash_password("seven grey horses walk")
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await fits("seven grey horses walk", made)
    assert not await fits("seven grey horses", made)
    assert not await fits("seven grey horses walk", "$argon2id$broken")
    assert not await fits("nobody has this password", None)
    assert not is_outdated(made)
    assert is_outdated("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")
