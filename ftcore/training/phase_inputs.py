"""Frozen means computed once: each phase trains its suffix on activations that the frozen prefix gave once.

Saving, the moving average, evaluation and export go on seeing the one ordinary model, because both halves share its
layers.
"""

import contextlib
import itertools
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from ftcore.errors import WorkspaceError
from ftcore.events import Event, Note, Progress
from ftcore.freezing import disk_cache, feature_cache, runtimes
from ftcore.freezing.cut import Cut, CutError, cut
from ftcore.inputs import InputSpec
from ftcore.settings import EngineSettings
from ftcore.training import precision
from ftcore.training.batches import Batches
from ftcore.training.events import FeaturesCached
from ftcore.training.loop import PhaseState, Source, TrainingContext

MOST_BYTES = 400_000
"""Per picture and view; where more would cross, keeping it costs more than computing it again."""

TRIED = 32
"""Pictures that runtimes are timed and compared on."""

BATCH = 16
"""Pictures that the frozen part sees at a time: as quick as more of them, for a quarter of the memory of 64."""


@dataclass
class _Work:
    """What one list of pictures needs from the prefix: a key per view, those that are missing, and their size."""

    pictures: Batches
    what: str
    keys: list[str]
    missing: list[int]


class CachedInputs:
    """Gives a phase its cached inputs, or leaves it to train from the pictures and says why; and the fastest steps.

    Args:
        spec: Of one picture.
        settings: Precision, runtime and bounds.
    """

    def __init__(self, spec: InputSpec, settings: EngineSettings) -> None:
        self._spec, self._settings = spec, settings
        self._chosen: tuple[str, runtimes.Chosen] | None = None

    def prepare(self, context: TrainingContext, phase_state: PhaseState) -> Iterator[Event]:
        """See to the inputs of a phase, then to how its steps are computed. Sets both in ``phase_state``."""
        if self._settings.cache == "on":
            yield from self._cached(context, phase_state)
        else:
            yield self._uncached(context, phase_state)
        yield from precision.choose(context, phase_state, self._settings)

    @staticmethod
    def _uncached(context: TrainingContext, phase_state: PhaseState, seconds: float = 0.0) -> FeaturesCached:
        views, is_fresh = context.train.n_views - 1, context.train.is_fresh
        return FeaturesCached(phase=phase_state.phase, views=views, is_fresh=is_fresh, seconds=seconds)

    def _cached(self, context: TrainingContext, phase_state: PhaseState) -> Iterator[Event]:
        """Cut the model for a phase and fill or find its activations. Sets the inputs of ``phase_state``."""
        phase, started = context.plan.phases[phase_state.phase], time.perf_counter()
        try:
            found = self._cut(context.model)
            lists = [("validation", context.validation)]
            if not context.train.is_fresh:
                lists.insert(0, ("training", context.train))
            sources, computed = yield from self._sources(found, lists)
        except (CutError, WorkspaceError) as error:
            whole, why = phase.n_groups == len(context.plan.groups), error.what
            if whole and context.plan.has_adapters:
                why = "Nothing of this model is frozen from its input on: adapters learn in its first layers."
            if not whole or context.plan.has_adapters:
                yield Note(message=f"{phase.label}: trains from the pictures in every epoch. {why}")
            yield self._uncached(context, phase_state, time.perf_counter() - started)
            return
        if found.moved:
            yield Note(message=f"{phase.label}: only the earlier layers are computed once, because {found.moved}.")
        phase_state.validation, phase_state.forward = sources["validation"], found.suffix
        phase_state.train = sources.get("training")
        if phase_state.train is None:
            yield from self._fresh(context, phase_state, found)
        if context.ema is not None:
            context.plan.apply(context.ema.module, phase_state.phase)
            averaged = self._cut(context.ema.module)
            if averaged.digest == found.digest:
                phase_state.answer = averaged.suffix
            else:  # what is frozen now learned in an earlier phase: its average is another network
                phase_state.validation = phase_state.answer = None
        else:
            phase_state.answer = found.suffix
        yield FeaturesCached(
            phase=phase_state.phase,
            prefix=self._chosen[1].name if self._chosen and (computed or context.train.is_fresh) else "",
            cut=", ".join(found.names),
            crossing_bytes=self._bytes(found),
            views=context.train.n_views - 1,
            is_fresh=context.train.is_fresh,
            seconds=time.perf_counter() - started,
            cache_hit=not computed and not context.train.is_fresh,
        )

    def of_split(
        self, model: nn.Module, pictures: Batches, what: str
    ) -> Generator[Event, None, tuple[nn.Module, Source]]:
        """A model and its inputs for a look at ``pictures`` that computes nothing frozen twice.

        Args:
            model: With gradients and modes of the phase that its weights come from (FreezePlan.apply).
            pictures: To look at.
            what: What to call them on screen.
        """
        if self._settings.cache == "off":
            return model, pictures
        try:
            found = self._cut(model)
            sources, _ = yield from self._sources(found, [(what, pictures)])
        except (CutError, WorkspaceError):
            return model, pictures
        return found.suffix, sources[what]

    def activations(self, model: nn.Module, pictures: Batches, what: str) -> Generator[Event, None, list[np.memmap]]:
        """Return what crosses the cut for every picture as it is: one mapped array per tensor, [N, ...].

        Raises:
            CutError: The model cannot be cut.
            WorkspaceError: The activations do not fit on the disk.
        """
        arrays, _ = yield from self._computed(self._cut(model), [(what, pictures)])
        return arrays[what][0]

    def survey(self, model: nn.Module, lists: Sequence[tuple[str, Batches]]) -> tuple[Cut, dict[str, list[str]]]:
        """The cut that a phase would get, and per list of pictures the key of each of its views; computes nothing.

        Args:
            model: With gradients and modes of the phase (FreezePlan.apply).
            lists: Pictures, each with what they are called.

        Raises:
            CutError: The model cannot be cut, or nothing is cached at all.
        """
        if self._settings.cache == "off":
            raise CutError("Nothing is computed once, because the cache is off.")
        found = self._cut(model)
        return found, {what: self._work(found, what, pictures).keys for what, pictures in lists}

    def bytes_per_example(self, found: Cut) -> int:
        """Return what is kept of one view of one picture."""
        return self._bytes(found)

    def _cut(self, model: nn.Module) -> Cut:
        return cut(model, self._spec, most_values=MOST_BYTES / self._bytes_per_value)

    @property
    def _bytes_per_value(self) -> int:
        return 2 if self._settings.precision == "float16" else 4

    def _bytes(self, found: Cut) -> int:
        return found.values_per_image * self._bytes_per_value

    def _sources(
        self, found: Cut, lists: Sequence[tuple[str, Batches]]
    ) -> Generator[Event, None, tuple[dict[str, Source], bool]]:
        """Cached inputs per list of pictures, and whether anything had to be computed; a generator that returns."""
        arrays, computed = yield from self._computed(found, lists)
        sources: dict[str, Source] = {
            what: feature_cache.FeatureBatches(arrays[what], pictures.targets, pictures.parts, pictures.device)
            for what, pictures in lists
        }
        return sources, computed

    def _computed(
        self, found: Cut, lists: Sequence[tuple[str, Batches]]
    ) -> Generator[Event, None, tuple[dict[str, list[list[np.memmap]]], bool]]:
        """Return per list of pictures and view the arrays that cross, found or filled; and whether any had to be
        filled."""
        works = [self._work(found, what, pictures) for what, pictures in lists]
        missing = sum(len(work.missing) * len(work.pictures.rows) for work in works)
        if missing:
            keep = [key for work in works for key in work.keys]
            disk_cache.make_room(missing * self._bytes(found), largest=self._settings.cache_gb * 1e9, keep=keep)
            chosen = yield from self._choose(found, works[0].pictures, missing)
            for work in works:
                yield from self._fill(found, work, chosen, keep)
        arrays: dict[str, list[list[np.memmap]]] = {}
        for work in works:
            kept = [array for key in work.keys if (array := feature_cache.find(key)) is not None]
            if len(kept) < len(work.keys):
                raise WorkspaceError("The activations could not be kept.", fix="Free some space and try again.")
            arrays[work.what] = kept
        return arrays, bool(missing)

    def _work(self, found: Cut, what: str, pictures: Batches) -> _Work:
        keys, fingerprint = [], pictures.fingerprint()
        # Full precision promises the numbers of uncached training: those of another runtime are kept apart.
        exact, prefix = self._settings.precision == "float32", self._settings.prefix
        runtime = {"engine": prefix} if exact and prefix not in ("auto", "eager") else {}
        for view in range(pictures.n_views):
            drawn = {"view": view, **pictures.views_json()} if view else {}
            keys.append(
                disk_cache.key_of(
                    found.digest,
                    pictures=fingerprint,
                    preprocessing=pictures.preprocessing.to_json(),
                    names=found.names,
                    dtype=self._settings.precision,
                    **runtime,
                    **drawn,
                )
            )
        missing = [view for view, key in enumerate(keys) if feature_cache.find(key) is None]
        return _Work(pictures, what, keys, missing)

    def _choose(self, found: Cut, pictures: Batches, n: int) -> Generator[Event, None, runtimes.Chosen]:
        """The runtime of the prefix for this cut; it stays for as long as the cut does."""
        if self._chosen is None or self._chosen[0] != found.digest:
            images, exact = pictures.first(TRIED), self._settings.precision == "float32"
            chosen = yield from runtimes.choose(
                found.prefix, images, n, self._settings.prefix, exact=exact, digest=found.digest
            )
            self._chosen = (found.digest, chosen)
        return self._chosen[1]

    def _fill(
        self, found: Cut, work: _Work, chosen: runtimes.Chosen, keep: Sequence[str]
    ) -> Generator[Event, None, None]:
        n, n_views = len(work.pictures.rows), len(work.missing)
        started = told = time.perf_counter()
        copies = f", in {n_views} views" if n_views > 1 else ""
        named = "all pictures" if work.what == "all" else f"the {work.what} pictures"
        label = f"Looking at {named} once{copies} with the frozen part"
        for index, view in enumerate(work.missing):
            if feature_cache.find(work.keys[view]) is not None:
                continue  # another run was quicker
            activations = (chosen.run(images) for images, _ in work.pictures.in_order(BATCH, view=view))
            filling = feature_cache.fill(
                work.keys[view],
                activations,
                n,
                found.shapes,
                self._settings.precision,
                largest=self._settings.cache_gb * 1e9,
                keep=keep,
            )
            yield self._told(work, label, index * n, n_views * n, 0.0)
            for done in filling:
                now = time.perf_counter()
                if now - told > 0.3 or (done == n and index == n_views - 1):
                    told = now
                    yield self._told(work, label, index * n + done, n_views * n, now - started)

    @staticmethod
    def _told(work: _Work, label: str, done: int, total: int, seconds: float) -> Progress:
        return Progress(stage=f"fill_{work.what}", label=label, done=done, total=total, seconds=seconds)

    def _fresh(self, context: TrainingContext, phase_state: PhaseState, found: Cut) -> Iterator[Event]:
        """Views of their own in every epoch: the prefix runs again and again, on the fastest runtime."""
        pictures = context.train
        n = context.plan.phases[phase_state.phase].n_epochs * len(pictures.rows)
        chosen = yield from self._choose(found, pictures, n)
        tried, started = 0, time.perf_counter()
        with contextlib.closing(pictures.in_order(BATCH, view=1)) as drawn:
            for images, _ in itertools.islice(drawn, TRIED // BATCH):
                tried += len(chosen.run(images)[0].cpu())
        seconds = (time.perf_counter() - started) / tried * len(pictures.rows)
        phase_state.train = _Computed(pictures, chosen.run)
        label = context.plan.phases[phase_state.phase].label
        yield Note(
            message=f"{label}: fresh views every epoch send each training picture through the frozen part again, "
            f"which costs about {max(1, round(seconds))} s per epoch."
        )


class _Computed:
    """Activations that are computed when they are needed."""

    def __init__(self, pictures: Batches, run: runtimes.Run) -> None:
        self._pictures, self._run = pictures, run

    def epoch(self, epoch: int = 0) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        for images, targets in self._pictures.epoch(epoch):
            # Copies, because autograd refuses inference tensors; a graphics card's come in half precision.
            yield tuple(tensor.float().clone() for tensor in self._run(images)), targets
