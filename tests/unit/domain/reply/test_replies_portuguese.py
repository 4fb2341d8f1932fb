"""Portuguese, as Brazil and Portugal write it: what is an answer, what reaches a person, and what it must not touch."""

import pytest

from pro_collector.domain.reply.question import Choice, Flag, Outcome, Question
from pro_collector.domain.reply.understanding import understand
from pro_collector.languages import available, language

SCALE = Question("integer", 0, 10)
YES_NO = Question("yesno")
LABELS = ("Nem um pouco", "Um pouco", "Mais ou menos", "Muito", "Muitíssimo")
HOW_MUCH = Question("choice", options=tuple(Choice(at, label) for at, label in enumerate(LABELS)))
PT = language("pt")


@pytest.mark.parametrize(
    ("text", "value", "flag"),
    [
        ("7, tô com febre desde ontem", 7, "emergency"),
        ("6. acho que tenho febre", 6, "emergency"),
        ("8. a minha perna está inchada e vermelha", 8, "words"),
        ("7. me liguem por favor", 7, "words"),
        ("5. acabaram os meus remédios", 5, "words"),
        ("10 não aguento mais", 10, "words"),
        ("5. ele me bateu ontem", 5, "words"),
        ("7. meu irmão morreu ontem", 7, "words"),
        ("9. caí da cama", 9, "words"),
        ("7. A enfermeira trocou o meu penso.", 7, "words"),
        ("7 obrigada, muito cansada", 7, None),
        ("desculpe, 7", 7, None),
        ("6, quer dizer, 7", 7, None),
        ("bota aí 7", 7, None),
        ("de 0 a 10 dou 7", 7, None),
    ],
)
def test_an_answer_is_taken_and_a_remark_with_it_reaches_a_person(text: str, value: int, flag: Flag | None) -> None:
    reading = understand(text, SCALE, PT)
    assert (reading.outcome, reading.value, reading.flag) == ("answer", value, flag)


@pytest.mark.parametrize(
    "text",
    [
        "seis e meia", "quarto 5", "sei", "dos", "vez", "nova", "dois comprimidos", "tomei dois", "umas 3", "à 1",
        "1 filha", "7 ou 8", "7,5", "ontem 7", "7 não", "2 não, 3", "quase 8 vezes", "7 se ando",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_asked_again(text: str) -> None:
    assert understand(text, SCALE, PT).outcome == "unclear"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("febre", "urgent"), ("38,5", "urgent"), ("tô sem ar", "urgent"), ("dói-me o peito", "urgent"),
        ("quero morrer", "urgent"), ("chamem o INEM", "urgent"), ("liga pro SAMU", "urgent"),
        ("vou pra UPA", "urgent"), ("a boca ficou torta", "urgent"), ("apaguei no banheiro", "urgent"),
        ("parem de me mandar mensagem", "opt_out"), ("chega de perguntas", "opt_out"), ("sair", "opt_out"),
        ("tirem-me da lista", "opt_out"), ("não me chateiem mais", "opt_out"), ("3 STOP", "opt_out"),
        ("quero sair do estudo", "leave"), ("retiro o meu consentimento", "leave"),
        ("apaguem os meus dados", "erase"), ("agora não", "pause"), ("espera um bocadinho", "pause"),
        ("amanhã", "pause"), ("número errado", "wrong_person"), ("quem é?", "wrong_person"),
        ("a Maria faleceu esta manhã", "death"), ("ele não resistiu", "death"), ("meu marido morreu", "bereaved"),
        ("me liga", "help"), ("AJUDA", "help"), ("o que quer dizer pior dor?", "meaning"), ("passo", "skip"),
        ("em inglês por favor", "language"), ("Gostou de “Dor, 0 a 10?”", "noise"), ("valeu", "noise"),
    ],
)  # fmt: skip
def test_requests_and_emergencies_are_recognized(text: str, outcome: Outcome) -> None:
    assert understand(text, SCALE, PT).outcome == outcome


@pytest.mark.parametrize(
    "text",
    [
        "a dor não para", "não consigo parar de vomitar", "parei a quimio", "quero sair de casa",
        "cancelei a consulta", "dei baixa no trabalho", "tirem-me do oxigénio", "não quero mais quimio",
        "chega de dores", "não parem de mandar mensagem", "não recebi a mensagem de ontem", "isto deixa-me triste",
        "sem febre", "não tenho falta de ar", "estou a morrer de sono", "morri de rir", "minha vizinha morreu",
        "lá fora estão 39 graus", "tenho 39 anos", "comi peito de frango", "quero desaparecer das redes sociais",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_stop_or_an_emergency_is_none(text: str) -> None:
    for question in (SCALE, YES_NO, HOW_MUCH):
        reading = understand(text, question, PT)
        assert not {reading.outcome, *reading.also} & {"opt_out", "leave", "erase", "urgent", "crisis", "death"}
        assert reading.flag != "emergency"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "some"), ("es", "me muero de risa"), ("es", "este calor me mata"), ("es", "¿qué número elijo?"),
        ("es", "de nada"), ("es", "extremadamente agradecida"), ("fr", "des fois"),
    ],
)  # fmt: skip
def test_it_takes_nothing_from_the_other_languages(code: str, text: str) -> None:
    assert understand(text, SCALE, language(code)).outcome == "unclear"


@pytest.mark.parametrize("code", [code for code in available() if code != "pt"])
def test_a_stop_in_portuguese_is_heard_whatever_the_language(code: str) -> None:
    assert understand("não quero mais receber mensagens", SCALE, language(code)).outcome == "opt_out"
    assert understand("não consigo respirar", SCALE, language(code)).outcome == "urgent"


@pytest.mark.parametrize(("code", "text"), [("pt", "não entra ar fresco no quarto"), ("es", "me muero de risa")])
def test_a_word_that_cancels_is_not_taken_for_a_misspelt_one(code: str, text: str) -> None:
    """Beside "frasco" (bottle) and "risca" (strike out), words of requests in Portuguese."""
    assert understand(text, SCALE, language(code)).outcome == "unclear"
