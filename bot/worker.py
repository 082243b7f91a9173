"""`lore worker`: syncs on their schedules and nothing else, where the bot and ingestion are separate processes."""

import threading

import structlog

from bot.app import open_lore
from bot.control import running_service
from bot.metrics import Metrics
from bot.settings import Settings, SettingsError, lore_toml
from bot.signals import set_by_signals
from bot.sources import answers_source
from bot.version_watch import VersionWatch
from ingestion.schedule import Schedule
from ingestion.watch import Watches

log = structlog.get_logger()


def run_worker(settings: Settings, stop: threading.Event | None = None) -> None:
    """Sync until SIGTERM or Ctrl-C, or until `stop` is set; a sync that runs ends between two documents then.

    Raises SettingsError where there is nothing to do, or where `lore serve` has the embedded index.
    """
    stop = stop or threading.Event()
    if not any(source.every or source.cron or source.options.get("watch") for source in settings.sources):
        raise SettingsError(
            f'No source in {lore_toml(settings.home)} has a schedule; give one every = "1h", or cron = "0 3 * * *".'
        )
    if settings.qdrant_url is None and (serving := running_service(settings.home)) is not None:
        raise SettingsError(
            f"`lore serve` (process {serving.pid}) has the embedded index of {settings.home}, which one process can "
            "use at a time, and syncs the sources itself. For a worker beside it, set QDRANT_URL to a Qdrant server "
            "for both, and sync_in_serve = false for `lore serve`."
        )
    with (
        open_lore(settings, "lore worker") as lore,
        Metrics(lore.database, settings).served(settings.metrics_host, settings.metrics_port),
        set_by_signals(stop),
    ):
        # `lore serve` plans the source of saved answers when the first is saved.
        answers = answers_source(settings, lore.database)
        unplanned = [] if any(source.name == answers.name for source in lore.sources) else [answers]
        schedule = Schedule(lore.database, lore.syncs, lore.sources, unplanned)
        watch = VersionWatch(lore.knowledge, finishes=False)
        watches = Watches(lore.sources, schedule.sync_now)
        schedule.start()
        watches.start()
        watch.start()
        log.info("working", home=str(settings.home), sources=len(lore.sources))
        stop.wait()
        log.info("stopping")
        watch.stop()
        schedule.stop()  # before the watches: it ends the sync that one waits for
        watches.stop()
