"""Nobody outside can fill the log."""

import structlog

from pro_collector.web.bounded_lines import MOST, WINDOW, BoundedLines


def test_what_is_repeated_is_written_so_often_and_then_counted() -> None:
    now = 0.0
    lines = BoundedLines(lambda: now)
    with structlog.testing.capture_logs() as written:
        log = structlog.get_logger()
        for at in (0.0, WINDOW / 2):
            now = at
            for n in range(500):
                lines.write(log.info, "refused", n=n)
        assert len(written) == MOST
        lines.write(log.error, "failed")
        assert written[-1] == {"event": "failed", "log_level": "error"}, "each event has lines of its own"
        now = WINDOW
        for _ in range(2):
            lines.write(log.info, "refused")
    assert written[-2:] == [
        {"event": "refused", "log_level": "info", "left_out": 1_000 - MOST},
        {"event": "refused", "log_level": "info"},
    ]
