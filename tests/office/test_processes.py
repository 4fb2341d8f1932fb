"""Running the parts: what is told when they cannot start."""

import pytest

from pro_collector.errors import Misconfigured
from pro_collector.processes import running
from tests.shared.office import Office


async def test_a_port_that_is_taken_is_named_before_anything_starts(office: Office) -> None:
    port = office.rt.settings.web_port
    with pytest.raises(Misconfigured, match=f"PRO_WEB_PORT: .*:{port} "):
        async with running(office.rt, ["web"]):
            pytest.fail("two servers on one port")
