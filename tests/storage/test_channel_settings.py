"""Settings of channels in both databases: defaults until they are set, each channel's its own, replaced as a whole."""

import threading

from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database

HELPFUL = ChannelSettings("every_question", ("handbook", "wiki"), "always", ("S01", "UADA"), "de")


def test_a_channel_that_nobody_set_has_the_defaults(database: Database) -> None:
    assert ChannelSettingsLog(database).of("T1", "C1") == ChannelSettings()


def test_what_was_set_holds_in_that_channel_alone(database: Database) -> None:
    settings = ChannelSettingsLog(database)
    settings.save("T1", "C1", HELPFUL, set_by="UADA")
    assert settings.of("T1", "C1") == HELPFUL
    assert settings.of("T1", "C2") == settings.of("T2", "C1") == ChannelSettings()


def test_setting_again_replaces_all_of_it(database: Database) -> None:
    settings = ChannelSettingsLog(database)
    settings.save("T1", "C1", HELPFUL, set_by="UADA")
    settings.save("T1", "C1", ChannelSettings(sources=("wiki", "wiki")), set_by="UBOB")
    assert settings.of("T1", "C1") == ChannelSettings(sources=("wiki",))


def test_two_admins_who_save_at_once_leave_one_of_their_settings(database: Database) -> None:
    settings = ChannelSettingsLog(database)
    admins = [
        threading.Thread(target=settings.save, args=("T1", "C1", ChannelSettings(experts=(f"U{n}",)), f"U{n}"))
        for n in range(4)
    ]
    for admin in admins:
        admin.start()
    for admin in admins:
        admin.join()
    assert settings.of("T1", "C1").experts in {(f"U{n}",) for n in range(4)}
