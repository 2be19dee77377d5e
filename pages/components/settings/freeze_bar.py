"""The network as a bar, frozen and learning, with a boundary to move and what each place of it costs."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from ftcore import settings as s
from ftcore.datasets.records import Dataset
from ftcore.freezing import model_profile
from ftcore.freezing.model_profile import ModelProfile
from ftcore.freezing.phases import make_phases, not_in
from ftcore.training.cost import price
from ftcore.training.recipe.layer_lr import group_rates
from pages.components import charts, formatting, session

SNAPS = ("head", "last_stage", "quarter", "half", "none")  # presets with one phase, at which the boundary snaps


def show(dataset: Dataset, settings: s.RunSettings) -> None:
    """The bar of the chosen model, and a slider that moves the boundary. Changes are saved at once.

    Args:
        dataset: That the run learns from.
        settings: Of the run.
    """
    known = network_of(dataset, settings)
    if known is None:
        st.caption("The network is drawn here as soon as its cost has been measured once.")
        return
    if not_in(known.groups, settings.freeze.preset, settings.freeze):
        st.caption("The network is drawn here as soon as its phases can be understood.")  # conflicts.py says why
        return
    st.markdown("**What learns, from the picture to the answer**")
    n, now, key = len(known.groups), learning(settings, known), f"boundary_{dataset.id}"
    st.session_state[key] = now  # also where a field or a preset has moved it

    def move() -> None:
        session.change(dataset, with_boundary(session.draft(dataset).settings, known, st.session_state[key]))

    st.select_slider(
        "How much of the network learns",
        list(range(1, n + 1)),
        format_func=lambda count: _label(count, known),
        key=key,
        on_change=move,
        help="Counted in layer groups from the answer back towards the picture. The rest keeps what it knows.",
    )
    freeze = settings.freeze
    learns_at = group_rates(now, lr=settings.train.lr, layer_decay=freeze.layer_decay, body_share=freeze.body_share)
    rates = [0.0] * (n - now) + learns_at
    cost, about = _pace(settings, known, now)
    layers = cost.layers if cost and len(cost.layers) == n else ()
    rows = [
        {
            "name": f"{place + 1}. {group.name}",
            "parameters": size,
            "learns": place >= n - now,
            "lr": rates[place],
            "share": layers[place].share if layers else None,
        }
        for place, (group, size) in enumerate(zip(known.groups, known.sizes, strict=True))
    ]
    each = ", ".join(f"{row['name']} at {row['lr']:.2g}" for row in rows if row["learns"])
    alt = f"The network's {n} layer groups from the picture to the answer; the last {now} learn, at most: {each}."
    st.plotly_chart(charts.freezing(rows), key="freezebar", config=charts.QUIET, alt=alt)
    st.caption(_rates_in_words(learns_at, freeze))
    if len(make_phases(settings.freeze.preset, known.groups, 100, settings.freeze)) > 1:
        st.caption("Drawn is the last phase of the plan; less of the network learns in the phases before it.")
    if settings.freeze.lora_rank and now > 1:
        st.caption(
            "Layers that learn keep their weights and learn low-rank adapters beside them; the head learns itself."
        )
    source = "Measured on your pictures." if cost and not about else "Guessed from another place of the boundary."
    pace = price.scaled(cost, now, settings.train.batch_size) if cost else None
    n_learning, whole = known.n_learning(now, settings.freeze.lora_rank), f"Of {known.n_parameters:,}."
    speed = f"{about}{pace.images_per_second:,.0f}" if pace else "…"
    memory = f"{about}{formatting.size(pace.bytes_memory)}" if pace else "…"
    with st.container(horizontal=True, gap="large"):
        st.metric("Parameters that learn", f"{n_learning:,}", help=whole, width="content")
        st.metric("Training pictures per second", speed, help=source, width="content")
        st.metric("Memory", memory, help=source, width="content")


def _rates_in_words(rates: Sequence[float], freeze: s.FreezeSettings) -> str:
    """Say how fast the groups learn at most, the head's rate last."""
    sentence = f"Learning rate: up to {rates[-1]:.2g} in the head"
    if len(rates) > 1:
        sentence += f", {rates[-2]:.2g} ({freeze.body_share:.3g} times as much) in the layer group before it"
    if len(rates) > 2:
        falls = f"{freeze.layer_decay:.0%} of it with every group further from the answer, down to {rates[0]:.2g}"
        sentence += f", {falls}" if freeze.layer_decay < 1 else " and all others"
    return sentence + "."


def network_of(dataset: Dataset, settings: s.RunSettings) -> ModelProfile | None:
    """The groups of the chosen model, once somebody has looked at it."""
    model = settings.model
    return model_profile.known(model.name, n_outputs=len(dataset.classes), image_size=model.image_size)


def learning(settings: s.RunSettings, known: ModelProfile) -> int:
    """Depth groups that learn in the last phase."""
    return make_phases(settings.freeze.preset, known.groups, 1000, settings.freeze)[-1].n_groups


def with_boundary(settings: s.RunSettings, known: ModelProfile, n_groups: int) -> s.RunSettings:
    """Settings in which so many groups learn: a preset where one says just that, else a phase of one's own."""
    preset = _preset(n_groups, known)
    freeze = replace(settings.freeze, preset=preset) if preset else None
    return replace(settings, freeze=freeze or replace(settings.freeze, preset="custom", phases=f"rest:{n_groups}"))


def _preset(n_groups: int, known: ModelProfile) -> str:
    places = {name: make_phases(name, known.groups, 1)[0].n_groups for name in SNAPS}
    return next((name for name, place in places.items() if place == n_groups), "")


def _label(n_groups: int, known: ModelProfile) -> str:
    preset = _preset(n_groups, known)
    return s.FREEZE_PRESETS[preset].label if preset else f"last {n_groups} groups"


def _pace(settings: s.RunSettings, known: ModelProfile, now: int) -> tuple[price.Cost | None, str]:
    """Cost that was measured here, or at the nearest snap of the boundary; with ``about`` where it is not just this.

    Of phases that wait for validation only the first is priced, and the bar draws the last.
    """
    if (cost := price.known(settings)) and cost.layers:
        return cost, "" if cost.phases[-1]["n_groups"] == now else "about "
    places = {make_phases(name, known.groups, 1)[0].n_groups for name in SNAPS}
    for place in sorted(places, key=lambda place: abs(place - now)):
        if (cost := price.known(with_boundary(settings, known, place))) and cost.layers:
            return cost, "about "
    return None, ""
