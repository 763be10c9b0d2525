"""Language detection."""

from __future__ import annotations

import pytest

from svs_cli.frontend.detect import detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Ich hab im Traum geweinet mir träumte du lägest im Grab"),
        ("en", "Drink to me only with thine eyes and I will pledge with mine"),
        ("fr", "Plaisir d'amour ne dure qu'un moment chagrin d'amour dure toute la vie"),
        ("it", "Caro mio ben credimi almen senza di te languisce il cor"),
        ("es", "De los álamos vengo madre de ver cómo los menea el aire"),
        ("pt", "Minha terra tem palmeiras onde canta o sabiá"),
        ("la", "Ave verum corpus natum de Maria virgine vere passum immolatum in cruce pro homine"),
        ("la", "Kyrie eleison Christe eleison"),
        ("ja", "さくら さくら やよい の そら は"),
        ("ja", "sa ku ra sa ku ra ya yo i no so ra wa"),
        ("ja", "春 が 来た"),
        ("zh", "月亮代表我的心"),
        ("en", ""),
        ("en", "qqq"),
    ],
)
def test_texts(language: str, text: str) -> None:
    assert detect_language(text.split()) == language
