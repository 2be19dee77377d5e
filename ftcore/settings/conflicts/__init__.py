"""Settings that fight each other or the data, said before the start: one small function per conflict.

``find_conflicts(settings, facts)`` asks every rule. Each answer carries the values that end it, as the
``section.field=value`` texts that ``settings.with_values`` takes. Nothing here keeps a run from starting.

facts           what rules know, and what they answer
model           the network and what of it learns
optimization    rate, batch, schedule, averaging, the best epoch
loss_and_mixup  what is made small, from which pictures
without_effect  what was changed and does not act
rules           all of them, asked at once
"""

from ftcore.settings.conflicts.facts import SEVERITIES, Conflict, Facts, with_counts
from ftcore.settings.conflicts.optimization import USUAL_RATES
from ftcore.settings.conflicts.rules import RULES, find_conflicts

__all__ = ["RULES", "SEVERITIES", "USUAL_RATES", "Conflict", "Facts", "find_conflicts", "with_counts"]
