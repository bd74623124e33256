"""What a repository teaches is learned wherever its history is read: at the first delivery, and every night."""

from __future__ import annotations

from tests.fakes.running import Running


async def test_the_first_reading_of_a_history_learns_from_it(bot: Running) -> None:
    await bot.handled(bot.report())
    taught = bot.storage.learned(bot.record.id)
    assert taught.learned_at is not None
    assert taught.issues >= 1
    assert taught.boilerplate == frozenset()  # so small a history has no template
    assert taught.calibration is not None
    assert taught.calibration["found"]["judged"] == 0
