"""All rules, and what they find."""

from ftcore.settings import DatasetFacts, RunSettings
from ftcore.settings.conflicts.facts import SEVERITIES, Conflict, Facts, Rule, with_counts
from ftcore.settings.conflicts.loss_and_mixup import RULES as LOSS_RULES
from ftcore.settings.conflicts.model import RULES as MODEL_RULES
from ftcore.settings.conflicts.optimization import RULES as OPTIMIZATION_RULES
from ftcore.settings.conflicts.without_effect import RULES as EFFECT_RULES

RULES: tuple[Rule, ...] = (*MODEL_RULES, *OPTIMIZATION_RULES, *LOSS_RULES, *EFFECT_RULES)


def find_conflicts(settings: RunSettings, facts: Facts | DatasetFacts) -> list[Conflict]:
    """Return everything that does not go together, worst first and in the order of ``RULES``.

    Args:
        settings: Of the run that is about to start.
        facts: Rules that need more than ``DatasetFacts`` holds say nothing without it.
    """
    if not isinstance(facts, Facts):
        facts = with_counts(facts)
    found = [answer for rule in RULES if (answer := rule(settings, facts)) is not None]
    return sorted(found, key=lambda answer: SEVERITIES.index(answer.severity))
