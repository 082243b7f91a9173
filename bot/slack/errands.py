"""Short work that a listener leaves behind, so that it can acknowledge at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from bot.slack.clients import WIRE_ERRORS, error_code

_log = structlog.get_logger(__name__)

_THREADS = 4


class Errands:
    """Does each piece of work once, soon. One that fails is logged; one that no thread took up before the end is lost:
    only what can be left out belongs here."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="errand")

    def run(self, work: Callable[[], None]) -> None:
        """Have it done. Returns at once."""
        try:
            self._pool.submit(_done, work)
        except RuntimeError:
            _log.info("errand.too_late")

    def stop(self) -> None:
        """Take no more, and drop what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _done(work: Callable[[], None]) -> None:
    try:
        work()
    except WIRE_ERRORS as error:
        _log.warning("errand.refused", error=error_code(error))
    except Exception as error:  # noqa: BLE001 - the outermost layer
        _log.error("errand.failed", exc_info=error)
