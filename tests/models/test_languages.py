"""Which language a text is in, by its stop words."""

from __future__ import annotations

import pytest

from models.languages import ENGLISH, language_of, stop_terms


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The window stays grey after the update, and I do not know why", "english"),
        ("Nach dem Update startet die Anwendung nicht mehr, und ich weiß nicht warum", "german"),
        ("Depuis la mise à jour, la fenêtre ne s'ouvre plus avec mon compte", "french"),
        ("No me sale el crédito de uso en la página desde ayer", "spanish"),
        ("O crédito não aparece na página desde ontem, mesmo com saldo", "portuguese"),
        ("После обновления приложение не запускается, и я не знаю почему", "russian"),
        ("Efter uppdateringen startar inte programmet och jag vet inte varför", "swedish"),
        ("更新后应用程序无法启动", "english"),
        ("", "english"),
        ("HTTP 400 invalid_request_error", "english"),
        ("Die Hard Pro plan is not shown", "english"),
    ],
)
def test_the_words_that_every_text_has_tell_its_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_code_of_any_length_is_read_in_bounded_time() -> None:
    assert language_of("x = 1; " * 200_000) == ENGLISH


def test_the_stop_words_of_a_language_are_terms() -> None:
    assert {"de", "el", "que"} <= stop_terms("spanish")
    assert "crédito" not in stop_terms("spanish")
