"""An instrument of our own with a question of every kind, in English and Spanish, to try the form on."""

from pro_collector.domain.document import parse_yaml
from pro_collector.domain.instrument.definition import Instrument
from pro_collector.domain.instrument.parse import parse_instrument

_DEFINITION = """
id: all-kinds
version: 1.0.0
canonical: urn:pro-collector:test:all-kinds
title: All kinds
recall: null
reporters: [self]
source: tests
licence: {holder: pro-collector authors, terms: Apache-2.0, text: included, contact: none needed}
items:
  - {id: walked, kind: yesno, opt_outs: [not-applicable]}
  - {id: steps, kind: integer, minimum: 0, maximum: 100, enable_when: [{item: walked, operator: "=", answer: 1}]}
  - {id: weight, kind: decimal, minimum: 20}
  - {id: since, kind: date}
  - {id: words, kind: text}
"""

_ENGLISH = """
instrument: all-kinds
language: en
licence: {holder: pro-collector authors, terms: Apache-2.0, redistributable: true}
title: All kinds
introduction: These questions try every kind of answer.
opt_outs: {not-applicable: I use a wheelchair}
items:
  walked: {prompt: "Did you go for a walk today?", options: {0: "no", 1: "yes"}}
  steps: {prompt: "How far did you get?", minimum: to the door, maximum: all the way}
  weight: {prompt: "How much do you weigh in kilograms?"}
  since: {prompt: "When did you last see a friend?"}
  words: {prompt: "Is there anything you would like to add?"}
"""

_SPANISH = """
instrument: all-kinds
language: es
licence: {holder: pro-collector authors, terms: Apache-2.0, redistributable: true}
title: De todo
opt_outs: {not-applicable: Uso silla de ruedas}
items:
  walked: {prompt: "¿Salió a caminar hoy?", options: {0: "no", 1: "sí"}}
  steps: {prompt: "¿Hasta dónde llegó?", minimum: hasta la puerta, maximum: hasta el final}
  weight: {prompt: "¿Cuánto pesa en kilogramos?"}
  since: {prompt: "¿Cuándo vio por última vez a un amigo?"}
  words: {prompt: "¿Quiere añadir algo?"}
"""


def all_kinds() -> Instrument:
    """The instrument with both texts."""
    texts = {"en": parse_yaml(_ENGLISH, "text.en.yaml"), "es": parse_yaml(_SPANISH, "text.es.yaml")}
    return parse_instrument(parse_yaml(_DEFINITION, "instrument.yaml"), texts)
