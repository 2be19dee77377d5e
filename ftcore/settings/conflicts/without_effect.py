"""A rule about settings that were changed and do not act: their fields say what they need."""

from ftcore import settings as s
from ftcore.settings import RunSettings, fields
from ftcore.settings.conflicts.facts import Conflict, Facts, Rule


def _changed_without_effect(settings: RunSettings, facts: Facts) -> Conflict | None:
    sentences, keys, needs, changes = [], [], [], []
    for field in fields.every():
        changed = s.value_of(settings, field.key) != field.default
        if field.only_with is None or not changed or field.acts_in(s.section_of(settings, field)):
            continue
        needed = fields.of(f"{field.section}.{field.only_with.name}")
        wanted = " or ".join(s.in_words(needed.key, value) for value in field.only_with.values)
        sentences.append(f"“{field.label}” does nothing unless “{needed.label}” is {wanted}.")
        keys.append(field.key)
        needs.append(needed.key)
        changes.append(f"{field.key}={field.default}")
    if not sentences:
        return None
    return Conflict("note", " ".join(sentences), (*keys, *dict.fromkeys(needs)), tuple(changes))


RULES: tuple[Rule, ...] = (_changed_without_effect,)
