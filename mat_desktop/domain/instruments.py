"""Names of musical instruments, so that a tag that is called so is taken for one."""

from __future__ import annotations

_NAMES = """
accordion, alphorn, autoharp, bagpipes, balafon, balalaika, bandoneon, banjo, baritone horn, bass,
bassoon, berimbau, bodhran, bongos, bouzouki, bugle, cajon, carillon, castanets, celesta, cello, chimes,
clarinet, clavichord, clavinet, concertina, congas, contrabass, cornet, cowbell, crotales, cymbals,
darbuka, didgeridoo, djembe, dobro, double bass, drum machine, drums, duduk, dulcimer, electric bass,
english horn, erhu, euphonium, fiddle, flugelhorn, flute, fortepiano, french horn, glass harmonica,
glockenspiel, gong, guitar, guzheng, hardanger fiddle, harmonica, harmonium, harp, harpsichord, horn,
hurdy-gurdy, kalimba, kazoo, keyboard, kora, koto, lute, lyre, mandolin, maracas, marimba, mbira,
mellotron, melodica, musical saw, nyckelharpa, oboe, ocarina, organ, oud, pan flute, panpipes, penny
whistle, percussion, piano, piccolo, pipa, qanun, recorder, rhodes, santur, sarangi, sarod, sax,
saxophone, shakuhachi, shamisen, shawm, shehnai, sitar, sousaphone, spinet, steel drum, steelpan,
strings, synthesizer, tabla, tambourine, theorbo, theremin, timpani, tin whistle, triangle, trombone,
trumpet, tuba, turntables, ukulele, vibraphone, vielle, viola, viola da gamba, violin, vocoder, whistle,
wurlitzer, xylophone, zither, zurna
"""

_ENDS = "accordion clarinet fiddle flute guitar harp horn organ piano sax saxophone trombone viola violin"
"""A name that ends so is one of an instrument too: ``alto saxophone``. Not so with bass: drum and bass."""

INSTRUMENTS = frozenset(" ".join(name.split()) for name in _NAMES.split(","))

_LAST = frozenset(_ENDS.split())


def is_instrument(name: str) -> bool:
    """Whether a name is one of an instrument, in the singular or plural."""
    text = " ".join(name.casefold().split())
    forms = (text, text.removesuffix("s"), f"{text}s")
    return any(form in INSTRUMENTS or form.rpartition(" ")[2] in _LAST for form in forms)
