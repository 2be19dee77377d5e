"""The frozen prefix as something that only computes, on the runtime that is fastest for the job at hand.

A prefix never learns, so it may leave PyTorch: OpenVINO or ONNX Runtime fuse its layers and plan its memory ahead.
Converting takes seconds, so a small job stays with PyTorch; what was converted is kept on disk with its measured speed.
"""

import contextlib
import importlib.util
import io
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.nn.utils import fusion, parametrize

from ftcore.events import Event, Note, Progress
from ftcore.freezing import disk_cache
from ftcore.settings import PREFIXES

TOLERANCE = 1e-3
"""Largest difference to PyTorch on the first batch, as a share of the largest activation; half precision keeps 5e-4."""

LEAST_SAVING = 2.0
"""Seconds that converting must promise to save on top of what it takes."""

EXPECTED_SHARE = 0.7
"""Time of a converted prefix beside PyTorch's before anything was measured. Measured on two cores at 224 px with
OpenVINO: MobileNetV3-Small 0.45, EfficientNet-Lite0 0.65, ViT-Tiny 0.85, ResNet-18 0.95, ConvNeXt-Atto 1.0."""

Run = Callable[[Tensor], tuple[Tensor, ...]]
"""Images [B, 3, S, S] to the tensors that cross the cut, each [B, ...], without gradients."""


@dataclass(frozen=True)
class Chosen:
    """The runtime of a phase: its name in ``PREFIXES`` and the function."""

    name: str
    run: Run


def choose(
    prefix: nn.Module, images: Tensor, n: int, asked: str = "auto", *, exact: bool = False, digest: str = ""
) -> Generator[Event, None, Chosen]:
    """The runtime that gets ``n`` pictures through the prefix soonest, converting included.

    PyTorch is timed on ``images``. Under ``auto`` a converted one has to promise to save time, by what was measured
    when this prefix was converted before or else by ``EXPECTED_SHARE``; and afterwards it has to be faster in fact.
    Whatever was converted has to give PyTorch's numbers on ``images`` (``TOLERANCE``), or PyTorch stays.

    Args:
        prefix: From ``cut``.
        images: The first pictures of the job, [B, 3, S, S].
        n: Pictures and views that the prefix has to see.
        asked: A name in ``PREFIXES``.
        exact: Leave the layers as they are, to get the very numbers of uncached training; ``auto`` is then PyTorch.
        digest: Of the prefix (disk_cache), where it is known.
    """
    eager = on_torch(prefix, exact=exact)
    name = _wanted(images, n, asked, exact=exact)
    if not name:
        return Chosen("eager", eager)
    if not CONVERTERS[name].is_installed():
        yield Note(message=f"{PREFIXES[name].label} is not installed here: the frozen part runs on PyTorch.")
        return Chosen("eager", eager)
    key = _key(name, digest or prefix, images)
    known = disk_cache.find(key)
    expected, seconds = eager(images), _seconds(eager, images)  # the first call warms up
    if asked == "auto" and not _pays(seconds * n / len(images), prefix, known[1] if known else None):
        return Chosen("eager", eager)
    label = PREFIXES[name].label
    started = time.perf_counter()
    yield Progress(stage="convert", label=f"Preparing the frozen part for {label}", done=0, total=1)
    try:
        run = CONVERTERS[name].open(known[0]) if known else CONVERTERS[name].convert(prefix, images, key)
        got = run(images)
    except Exception as error:  # a converter runs the model's own code through somebody else's compiler
        disk_cache.remove(key)  # if it was damaged, the next job converts anew
        yield Note(message=f"{label} could not take over the frozen part ({_reason(error)}): it runs on PyTorch.")
        return Chosen("eager", eager)
    if not agree(got, expected):
        disk_cache.remove(key)
        yield Note(message=f"{label} gave other numbers than PyTorch for the frozen part: it runs on PyTorch.")
        return Chosen("eager", eager)
    took = time.perf_counter() - started
    share = _seconds(run, images) / seconds
    if known is None:
        disk_cache.amend(key, {"share": share, "seconds": took})
    yield Progress(stage="convert", label=f"Preparing the frozen part for {label}", done=1, total=1, seconds=took)
    if asked == "auto" and share > 1:
        return Chosen("eager", eager)
    return Chosen(name, run)


def _wanted(images: Tensor, n: int, asked: str, *, exact: bool) -> str:
    """The converter to try, or an empty text where PyTorch it is."""
    if asked == "eager" or images.device.type != "cpu" or (exact and asked == "auto"):
        return ""
    wanted = [asked] if asked != "auto" else [name for name in CONVERTERS if CONVERTERS[name].is_installed()]
    return "" if asked == "auto" and (not wanted or n <= 4 * len(images)) else wanted[0]


def _key(name: str, prefix: nn.Module | str, images: Tensor) -> str:
    """Return what a converted prefix, or that of a digest, is kept as."""
    version, shape = CONVERTERS[name].version(), list(images.shape[1:])
    return disk_cache.key_of(prefix, engine=name, version=version, shape=shape)


def agree(got: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> bool:
    """Tell whether two runtimes gave the same activations, up to ``TOLERANCE`` of the largest."""
    return len(got) == len(expected) and all(
        a.shape == b.shape and bool((a - b).abs().max() <= TOLERANCE * b.abs().max() + 1e-6)  # NaN is not <= anything
        for a, b in zip(got, expected, strict=True)
    )


def _pays(seconds: float, prefix: nn.Module, known: dict[str, Any] | None) -> bool:
    """Tell whether a job of ``seconds`` on PyTorch ends sooner when the prefix is converted first."""
    share = float(known.get("share", EXPECTED_SHARE)) if known else EXPECTED_SHARE
    return seconds * (1 - share) > _converting(prefix, known) + LEAST_SAVING


def _converting(prefix: nn.Module, known: dict[str, Any] | None) -> float:
    """Seconds until a converted prefix is ready."""
    n_nodes = len(prefix.graph.nodes) if isinstance(prefix, fx.GraphModule) else 100
    return 0.5 if known else 1 + 0.01 * n_nodes  # measured: 1.3 s with 60 nodes, 2.5 with 150, 5.6 with 1,100


def _seconds(run: Run, images: Tensor) -> float:
    started = time.perf_counter()
    run(images)
    return time.perf_counter() - started


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0][:120]}" if str(error) else type(error).__name__


def on_torch(prefix: nn.Module, *, exact: bool = False) -> Run:
    """The prefix on PyTorch, channels last; unless ``exact``, batch norms folded, autocast on graphics cards."""
    folded = prefix.eval() if exact else fold_batch_norms(prefix)

    def run(images: Tensor) -> tuple[Tensor, ...]:
        device = images.device.type
        with torch.inference_mode(), torch.autocast(device, enabled=device in ("cuda", "mps") and not exact):
            return folded(images.contiguous(memory_format=torch.channels_last))

    return run


def fold_batch_norms(prefix: nn.Module) -> nn.Module:
    """A copy in which a batch norm that follows a convolution, and nothing else reads in between, is part of it.

    In eval mode a batch norm is one multiplication and one addition per channel, which the convolution can do with
    changed weights (Jacob et al. 2018, section 3.2, https://arxiv.org/abs/1712.05877). ``prefix`` stays as it is.
    """
    if not isinstance(prefix, fx.GraphModule):
        return prefix
    layers = dict(prefix.named_modules())
    graph, folded = fx.Graph(), dict[str, nn.Module]()
    copies: dict[fx.Node, fx.Node] = {}
    for node in prefix.graph.nodes:
        norm = layers.get(str(node.target)) if node.op == "call_module" else None
        if isinstance(norm, nn.BatchNorm2d) and norm.track_running_stats and not norm.training:
            source = node.args[0]
            conv = layers.get(str(source.target)) if source.op == "call_module" else None
            once = len(source.users) == 1 and sum(n.target == source.target for n in prefix.graph.nodes) == 1
            if isinstance(conv, nn.Conv2d) and once and not _hooked(conv):
                folded[str(source.target)] = fusion.fuse_conv_bn_eval(conv, norm)
                after = _after_norm(norm)
                if after is None:
                    copies[node] = copies[source]
                else:
                    folded[str(node.target)] = after
                    copies[node] = graph.node_copy(node, lambda old: copies[old])
                continue
        copies[node] = graph.node_copy(node, lambda old: copies[old])
    whole = fx.GraphModule({**_targets(prefix), **folded}, graph)
    return whole.eval()


def _targets(prefix: fx.GraphModule) -> dict[str, Any]:
    """Return what the nodes of a graph name: layers and parameters, by their path."""
    found: dict[str, Any] = {}
    for node in prefix.graph.nodes:
        if node.op in ("call_module", "get_attr"):
            owner, _, name = str(node.target).rpartition(".")
            found[str(node.target)] = getattr(prefix.get_submodule(owner), name)
    return found


def _after_norm(norm: nn.BatchNorm2d) -> nn.Module | None:
    """Return what timm's batch norms do after normalising, or None when it is nothing."""
    after = [part for part in (getattr(norm, "drop", None), getattr(norm, "act", None)) if part is not None]
    after = [part for part in after if not isinstance(part, nn.Identity)]
    return nn.Sequential(*after).eval() if after else None


def _hooked(layer: nn.Module) -> bool:
    return bool(layer._forward_pre_hooks or layer._forward_hooks) or parametrize.is_parametrized(layer)


class OpenVino:
    """Intel's compiler for x86 and ARM processors. Chosen for its short conversion: 2.2 s for EfficientNet-Lite0's
    prefix where the way over ONNX takes 7.7 s, at about the same speed afterwards (164 and 200 pictures per second)."""

    FILE = "model.xml"

    def is_installed(self) -> bool:
        return _is_installed("openvino")

    def version(self) -> str:
        return str(self._library().__version__)

    def convert(self, prefix: nn.Module, images: Tensor, key: str) -> Run:
        library = self._library()
        with torch.no_grad(), _quiet():
            model = library.convert_model(prefix, example_input=images[:2].contiguous(), input=[-1, *images.shape[1:]])
        with disk_cache.new(key, {"kind": "prefix"}) as folder:
            library.save_model(model, folder / self.FILE, compress_to_fp16=False)
        return self._compiled(model)

    def open(self, folder: Path) -> Run:
        return self._compiled(str(folder / self.FILE))

    def _compiled(self, model: Any) -> Run:
        options = {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        compiled = self._library().Core().compile_model(model, "CPU", options)

        def run(images: Tensor) -> tuple[Tensor, ...]:
            answers = compiled(images.contiguous().numpy())
            return tuple(torch.from_numpy(np.array(answers[index])) for index in range(len(compiled.outputs)))

        return run

    @staticmethod
    def _library() -> Any:
        # Its converter reports its use over the network, from the import on, unless this package is missing.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        return openvino


class OnnxRuntime:
    """Microsoft's runtime, over an ONNX export. Not among the app's requirements; used when asked for and installed."""

    FILE = "model.onnx"

    def is_installed(self) -> bool:
        return all(_is_installed(name) for name in ("onnx", "onnxscript", "onnxruntime"))

    def version(self) -> str:
        import onnxruntime

        return str(onnxruntime.__version__)

    def convert(self, prefix: nn.Module, images: Tensor, key: str) -> Run:
        batch = torch.export.Dim("batch")
        with disk_cache.new(key, {"kind": "prefix"}) as folder:
            with torch.no_grad(), _quiet():
                torch.onnx.export(
                    prefix,
                    (images[:2].contiguous(),),
                    folder / self.FILE,
                    dynamo=True,
                    dynamic_shapes=({0: batch},),
                    external_data=False,
                    verbose=False,
                )
            return self.open(folder)

    def open(self, folder: Path) -> Run:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            (folder / self.FILE).read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        name = session.get_inputs()[0].name

        def run(images: Tensor) -> tuple[Tensor, ...]:
            return tuple(torch.from_numpy(array) for array in session.run(None, {name: images.contiguous().numpy()}))

        return run


CONVERTERS: dict[str, OpenVino | OnnxRuntime] = {"openvino": OpenVino(), "onnxruntime": OnnxRuntime()}
"""In the order in which ``auto`` takes the first that is installed."""


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Converters warn, and print, about things that the comparison afterwards settles."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
