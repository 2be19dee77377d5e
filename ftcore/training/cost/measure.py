"""Measure what a run would cost: three real batches of each thing that it will do, in a worker's own circumstances.

The preparation of a run is done for real (building, cutting, choosing the precision of steps) and timed; of what is
repeated for every picture three batches are taken. price.py adds it up. What the run would make first and find again
is kept (pictures decoded larger, a converted frozen part); of the rest nothing but the numbers.
"""

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ftcore import hardware, workspace
from ftcore.datasets.images import larger_pixels
from ftcore.datasets.records import Dataset
from ftcore.evaluation import report
from ftcore.evaluation.predict import evaluating, predict_outputs
from ftcore.evaluation.predictions import Predictions
from ftcore.events import Event, Progress, drain
from ftcore.freezing import disk_cache, feature_cache, model_profile, runtimes
from ftcore.freezing.cut import Cut, CutError
from ftcore.models import catalogue
from ftcore.settings import EngineSettings, RunSettings
from ftcore.tasks.outputs import Outputs
from ftcore.training import assemble, precision
from ftcore.training.batches import KEPT_BYTES, Batches
from ftcore.training.cost.price import GOING_BACK, Fill, Layers, Measured, PhaseCost
from ftcore.training.loop import PhaseState, Source, TrainingContext, mix, train_step
from ftcore.training.phase_inputs import BATCH, TRIED, CachedInputs

BATCHES = 3
"""Of each kind are timed, after one that warms up."""

BUDGET = 2.0
"""Seconds that the batches of one kind may take: where three whole ones take longer, smaller ones are timed."""

FEWEST = 8  # pictures in a timed batch: below, the arithmetic of one is another
PROBED = 4  # pictures in the first look at a step


def measure(settings: RunSettings, dataset: Dataset) -> Generator[Event, None, Measured]:
    """Measure a run with these settings; a generator that returns what was measured.

    Weights that are not on this machine are not downloaded for this: others of the same size take the same time.

    Raises:
        FinetuneError: What would end the run as well: no such model, a size that does not suit it.
    """
    began, busy = time.perf_counter(), hardware.busy_share()
    yield from larger_pixels.enlarge(dataset, settings.model.image_size)
    yield _told("Building the model", 0)
    started = time.perf_counter()
    context = assemble.assemble(settings, dataset, pretrained=None if _weights_here(settings) else False)
    start_seconds = time.perf_counter() - started
    start_bytes = _bytes_of(context.model.state_dict().values())
    byte_seconds = _seconds_per_byte(start_bytes)
    test = None
    if dataset.sizes[2]:
        device = assemble.device_of(context.model)
        test = assemble.make_batches(dataset, "test", context.preprocessing, settings, device)
    model_profile.profile(
        settings.model.name, n_outputs=len(context.outputs.classes), image_size=settings.model.image_size
    )
    layers = _layers(context)
    phases, most = [], 0
    for index, phase in enumerate(context.plan.phases):
        yield _told(f"Trying {phase.label.lower()}", 1 + index, len(context.plan.phases))
        last = phase is [one for one in context.plan.phases if one.n_epochs][-1]
        known = phase.n_groups >= most  # else the frozen part holds what an earlier phase is going to learn
        phases.append(_Phase(settings, context, index, test if last else None, known).measure(byte_seconds))
        most = max(most, phase.n_groups)
    yield _told("Trying the scores", 1 + len(phases), len(phases))
    end_seconds = 3 * start_bytes * byte_seconds + (_score_seconds(test, context.outputs) if test else 0.0)
    return Measured(
        phases=tuple(phases),
        n_train=len(context.train.rows),
        n_validation=len(context.validation.rows),
        n_test=len(test.rows) if test else 0,
        start_seconds=start_seconds + start_bytes * byte_seconds,
        end_seconds=end_seconds,
        bytes_kept=3 * start_bytes + _checkpoint_bytes(context),
        busy=busy,
        notes=tuple(_notes(settings)),
        took=time.perf_counter() - began,
        layers=layers,
    )


class _Phase:
    """Measures one phase of a plan; the model's weights move meanwhile.

    Args:
        settings: Of the run.
        context: Of the run.
        index: Of the phase.
        test: Test pictures, in the last phase.
        known: Whether what is frozen now has its final weights, so that the cache can be asked for it.
    """

    def __init__(
        self, settings: RunSettings, context: TrainingContext, index: int, test: Batches | None, known: bool
    ) -> None:
        self._settings, self._parts, self._index, self._test, self._known = settings, context, index, test, known
        self._phase = context.plan.phases[index]
        self._inputs = CachedInputs(context.preprocessing.spec, settings.engine)
        self._per_picture: dict[bool, float] = {}  # through the frozen part, for pictures as they are and for views
        self._convert_seconds = 0.0  # choosing a runtime for the frozen part, and opening it

    def measure(self, byte_seconds: float) -> PhaseCost:
        """Return what the phase takes. ``byte_seconds`` is what writing one byte takes."""
        context, started = self._parts, time.perf_counter()
        context.plan.apply(context.model, self._index)
        context.phase = phase_state = context.start_phase(self._index)
        found = self._survey()
        setup = time.perf_counter() - started
        fills: tuple[Fill, ...] = ()
        if found is None:
            size = self._fitting(context.train.first(PROBED), phase_state)

            def sources(size: int) -> tuple[Source, Source]:
                return _Smaller(context.train, size), _Smaller(context.validation, size)
        else:
            cut, keys = found
            arrays, images = self._try_prefix(cut, keys)
            fills = self._fills(cut, keys)
            phase_state.forward = phase_state.answer = cut.suffix
            probe = tuple(torch.from_numpy(array[:PROBED].astype(np.float32)).to(images.device) for array in arrays)
            size = self._fitting(probe, phase_state)

            def sources(size: int) -> tuple[Source, Source]:
                return _Sample(arrays, context.train, size), _Sample(arrays, context.validation, 2 * size)

        saved = self._saved_bytes
        phase_state.train, looked = sources(size)
        tried, step_options = time.perf_counter(), replace(self._settings.engine, compile="off")
        drain(_chosen(context, phase_state, step_options))
        setup += time.perf_counter() - tried
        train, looked = sources(
            max(size, self._affordable(*next(phase_state.train.epoch(self._phase.first_epoch)), phase_state))
        )
        step = self._step_seconds(phase_state, train)
        if found is not None and context.train.is_fresh:
            step += self._per_picture[True]
        look = _look_seconds(phase_state.answer or context.model, looked)
        bytes_saved = _changing_bytes(context) + _optimizer_bytes(phase_state)
        batch = min(self._settings.train.batch_size, len(context.train.rows))
        return PhaseCost(
            label=self._phase.label,
            n_epochs=self._phase.n_epochs,
            n_groups=self._phase.n_groups,
            trainable=sum(p.numel() for p in context.model.parameters() if p.requires_grad),
            setup_seconds=setup,
            convert_seconds=self._convert_seconds,
            fills=fills,
            step_seconds=step,
            look_seconds=look,
            save_seconds=bytes_saved * byte_seconds,
            # by the smaller batch: a run keeps more of what it once asked for than a trial has asked for
            bytes_memory=self._memory(round(GOING_BACK * saved * max(0, batch - size)), cached=found is not None),
        )

    def _survey(self) -> tuple[Cut, dict[str, list[str]]] | None:
        """The cut and the keys of every list of pictures, or None where the phase trains from the pictures."""
        lists = [("validation", self._parts.validation)]
        if not self._parts.train.is_fresh:
            lists.insert(0, ("training", self._parts.train))
        if self._test is not None:
            lists.append(("test", self._test))
        try:
            cut, keys = self._inputs.survey(self._parts.model, lists)
        except CutError:
            return None
        n_bytes = sum(len(self._list(what).rows) * len(own) for what, own in keys.items() if what != "test")
        n_bytes *= self._inputs.bytes_per_example(cut)
        return (cut, keys) if n_bytes <= disk_cache.most_bytes(self._settings.engine.cache_gb * 1e9) else None

    def _list(self, what: str) -> Batches:
        found = {"training": self._parts.train, "validation": self._parts.validation, "test": self._test}[what]
        assert found is not None
        return found

    def _try_prefix(self, cut: Cut, keys: dict[str, list[str]]) -> tuple[list[np.ndarray], Tensor]:
        """Activations of a few pictures, and these pictures; the frozen part is timed where it has work to do."""
        context = self._parts
        images = context.train.first(TRIED)
        exact = self._settings.engine.precision == "float32"
        run = runtimes.on_torch(cut.prefix, exact=exact)
        missing = sum(len(self._list(what).rows) * sum(map(self._is_missing, own)) for what, own in keys.items())
        if context.train.is_fresh:
            missing += max(1, self._phase.n_epochs) * len(context.train.rows)
        if missing:
            run = self._choose(cut, images, missing, exact)
            for is_view in (False, True):
                if is_view and not context.train.views:
                    continue
                together, loading = self._fill_seconds(run, view=int(is_view))
                self._per_picture[is_view] = max(loading, together)
        dtype = self._settings.engine.precision
        return [tensor.float().cpu().numpy().astype(dtype) for tensor in run(images)], images

    def _choose(self, cut: Cut, images: Tensor, n: int, exact: bool) -> runtimes.Run:
        """The runtime that the run will choose. A frozen part that is converted here is kept, and the run finds it."""
        asked = self._settings.engine.prefix
        for _ in range(2 if self._known else 1):
            started = time.perf_counter()
            chosen = drain(runtimes.choose(cut.prefix, images, n, asked, exact=exact, digest=cut.digest))
            self._convert_seconds = time.perf_counter() - started
        return chosen.run

    def _fill_seconds(self, run: runtimes.Run, view: int) -> tuple[float, float]:
        """Return the seconds per picture of loading and the frozen part beside each other, and loading alone."""
        batches = self._parts.train.in_order(BATCH, view=view)
        times, n = [], BATCH
        for images, _ in itertools.islice(batches, 1 + BATCHES):
            n = len(images)
            for tensor in run(images):
                tensor.cpu()
            times.append(time.perf_counter())
        batches.close()
        load = self._parts.train.in_order(n, view=view)
        loading = _seconds(lambda: next(load)) / (2 * n)  # the first batch comes when the second was asked for
        load.close()
        if len(times) < 2:
            return _seconds(lambda: run(self._parts.train.first(n))) / n + loading, loading
        return statistics.median(b - a for a, b in itertools.pairwise(times)) / n, loading

    def _is_missing(self, key: str) -> bool:
        return not self._known or feature_cache.find(key) is None

    def _fills(self, cut: Cut, keys: dict[str, list[str]]) -> tuple[Fill, ...]:
        """Every view of every list; those that are known were not timed, and lie in the cache."""
        fills, each = [], self._inputs.bytes_per_example(cut)
        for what, own in keys.items():
            n = len(self._list(what).rows)
            for view, key in enumerate(own):
                plain = self._per_picture.get(False, 0.0)
                seconds = self._per_picture.get(True, plain) if view else plain
                fills.append(Fill(key if self._known else "", n, n * seconds, n * each))
        return tuple(fills)

    def _fitting(self, probe: Any, phase_state: PhaseState) -> int:
        """Pictures per batch with which three steps stay within the budget; notes what a step keeps for going back."""
        targets = self._targets(PROBED)
        self._saved_bytes = _saved_bytes(phase_state.forward or self._parts.model, probe) // PROBED
        train_step(
            self._parts, phase_state, probe, targets
        )  # the first one makes room for what the optimizer remembers
        return self._affordable(probe, targets, phase_state)

    def _affordable(self, inputs: Any, targets: Tensor, phase_state: PhaseState) -> int:
        """Pictures per batch with which three steps stay within the budget, by one step on these. More of them become
        so when the precision is chosen: it is asked again then, as a step on few pictures is a dear one."""
        each = _seconds(lambda: train_step(self._parts, phase_state, inputs, targets)) / len(targets)
        whole = min(self._settings.train.batch_size, len(self._parts.train.rows))
        return min(whole, max(FEWEST, int(BUDGET / BATCHES / max(each, 1e-6))))

    def _targets(self, n: int) -> Tensor:
        return self._parts.train.targets[:n].to(self._parts.train.device)

    def _step_seconds(self, phase_state: PhaseState, source: Source) -> float:
        """Seconds of training per picture; loading and the moving average included."""
        context, first = self._parts, self._phase.first_epoch
        times: list[float] = []
        counts, began = [0], time.perf_counter()
        for inputs, targets in itertools.chain.from_iterable(source.epoch(first + turn) for turn in range(50)):
            mixed = mix(context, inputs, targets, len(times))
            train_step(context, phase_state, mixed.inputs, mixed.targets)
            phase_state.scheduler.step()
            if context.ema is not None:
                context.ema.update(context.model, step=1)
            times.append(time.perf_counter())
            counts.append(len(targets))
            enough = len(times) > BATCHES + 1 and times[-1] - began > BUDGET / 8
            if enough or len(times) > 60:
                break
        if len(times) < 2:
            return (times[0] - began) / counts[1]
        each = [(b - a) / n for (a, b), n in zip(itertools.pairwise(times), counts[2:], strict=True)]
        return statistics.median(each[1:] or each)  # the first two still make room in memory

    def _memory(self, more: int, *, cached: bool) -> int:
        """Bytes that the worker will need: what this one needed so far, and what is larger in the run."""
        kept = 0
        if not cached:
            side = self._settings.model.image_size
            lists = (self._parts.train, self._parts.validation)
            kept = sum(min(KEPT_BYTES, len(batches.rows) * side * side * 3) for batches in lists)
        more = more if self._parts.train.device == "cpu" else 0  # a graphics card has a memory of its own
        return hardware.peak_memory_bytes() + more + kept


class _Sample:
    """The activations of a few pictures in place of everybody's, gathered as cached ones are.

    Args:
        arrays: Per crossing tensor, [K, ...].
        pictures: Whose order, views and targets are used.
        size: Pictures per batch.
    """

    def __init__(self, arrays: Sequence[np.ndarray], pictures: Batches, size: int) -> None:
        self._pictures, self._size = pictures, size
        n = len(arrays[0])
        self._source = feature_cache.FeatureBatches(
            [arrays] * pictures.n_views,  # type: ignore[list-item]
            pictures.targets[torch.arange(n) % len(pictures.targets)],
            lambda epoch: [
                (positions % n, views % pictures.n_views) for positions, views in _cut_to(pictures.parts(epoch), size)
            ],
            pictures.device,
        )

    def epoch(self, epoch: int = 0) -> Iterator[tuple[tuple[Tensor, ...], Tensor]]:
        return self._source.epoch(epoch)


class _Smaller:
    """Pictures in batches of another size."""

    def __init__(self, pictures: Batches, size: int) -> None:
        self._pictures, self._size = pictures, size

    def epoch(self, epoch: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        return self._pictures.of(_cut_to(self._pictures.parts(epoch), self._size))


def _cut_to(batches: Sequence[Any], size: int) -> list[Any]:
    """Batches of at most ``size``; no single picture is left over, which batch norms could not learn from."""
    return [(positions[:size], views[:size]) for positions, views in batches]


def _chosen(context: TrainingContext, phase_state: PhaseState, options: EngineSettings) -> Generator[Event, None, None]:
    yield from precision.choose(context, phase_state, options)


def _look_seconds(model: nn.Module, source: Source) -> float:
    """Seconds of a look at one picture, without gradients."""
    batches = list(itertools.islice(source.epoch(), 2))
    predict_outputs(model, batches[:1])
    n = sum(len(targets) for _, targets in batches)
    started = time.perf_counter()
    predict_outputs(model, batches)
    return (time.perf_counter() - started) / n


def _layers(context: TrainingContext) -> tuple[Layers, ...]:
    """Return what each depth group costs: one forward pass, timed from layer to layer."""
    groups = context.plan.groups
    place_of = {name: place for place, group in enumerate(groups) for name in group.parameters}
    places: dict[int, int] = {}
    seconds, n_bytes, now, last = [0.0] * len(groups), [0] * len(groups), 0, 0.0

    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        nonlocal now, last
        now = max(now, places.get(id(module), now))  # what owns no parameters belongs to the layer before it
        moment = time.perf_counter()
        seconds[now] += moment - last
        last = moment
        if isinstance(output, Tensor) and output.ndim:
            n_bytes[now] += output.numel() // len(output) * 4

    handles = []
    for prefix, module in context.model.named_modules():
        if next(module.children(), None) is None:
            handles.append(module.register_forward_hook(hook))
            own = [
                place_of[f"{prefix}.{name}"] for name, _ in module.named_parameters() if f"{prefix}.{name}" in place_of
            ]
            if own:
                places[id(module)] = own[0]
    images = context.train.first(PROBED)
    with evaluating(context.model):
        context.model(images)  # warms up
        seconds[:], n_bytes[:], now, last = [0.0] * len(groups), [0] * len(groups), 0, time.perf_counter()
        context.model(images)
    for handle in handles:
        handle.remove()
    total = sum(seconds) or 1.0
    return tuple(Layers(spent / total, given) for spent, given in zip(seconds, n_bytes, strict=True))


def _saved_bytes(forward: nn.Module, inputs: Any) -> int:
    """Bytes that a forward pass keeps for the way back, weights not counted."""
    own = {parameter.untyped_storage().data_ptr() for parameter in forward.parameters()}
    seen: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = forward(inputs)
    del outputs
    return sum(seen.values())


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _bytes_of(tensors: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _changing_bytes(context: TrainingContext) -> int:
    names = context.plan.changing(context.model)
    return _bytes_of(value for name, value in context.model.state_dict().items() if name in names)


def _optimizer_bytes(phase_state: PhaseState) -> int:
    states = phase_state.optimizer.state.values()
    return _bytes_of(value for state in states for value in state.values() if isinstance(value, Tensor))


def _checkpoint_bytes(context: TrainingContext) -> int:
    """Return the bytes of the last and the best epoch."""
    assert context.phase is not None
    copies = 3 if context.ema is not None else 2
    return copies * _changing_bytes(context) + _optimizer_bytes(context.phase)


def _seconds_per_byte(n_bytes: int) -> float:
    """Return what writing one byte of a checkpoint takes, down to the disk."""
    data = os.urandom(1_000_000) * max(1, min(32, n_bytes // 1_000_000))
    with tempfile.TemporaryDirectory(dir=workspace.root()) as folder:
        return _seconds(lambda: workspace.write_bytes(Path(folder) / "tried", data)) / len(data)


def _score_seconds(test: Batches, outputs: Outputs) -> float:
    """Return what scores and their intervals take for the test pictures."""
    target = test.targets.numpy()
    values = np.random.default_rng(0).random((len(target), len(outputs.classes)), np.float32)
    predictions = Predictions(outputs.classes, target, values, np.arange(len(target)), outputs.task)
    return _seconds(lambda: report.scores(predictions))


def _weights_here(settings: RunSettings) -> bool:
    row = catalogue.find(settings.model.name)
    return bool(settings.model.start) or row is None or catalogue.weights_here(row)


def _notes(settings: RunSettings) -> Iterator[str]:
    if settings.engine.compile == "on":
        yield "Compiling the steps takes a minute or more, which is not counted."
    if settings.freeze.unfreeze == "on_plateau":
        yield "When validation stalls is not known in advance: all epochs are counted as those of the first phase."
    if not _weights_here(settings):
        yield "Downloading the pretrained weights is not counted."


def _told(label: str, done: int, n_phases: int = 1) -> Progress:
    return Progress(stage="measure", label=label, done=done, total=n_phases + 2)
