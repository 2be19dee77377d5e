"""Cut a partly frozen model, by its traced graph, into a frozen prefix and a trainable suffix.

Both halves share the model's own layers and parameters: training the suffix trains the model. A node of the graph
belongs to the suffix if it owns something that learns, draws random numbers (dropout), or depends on a node that does;
everything else is the prefix, whose outputs are the same in every epoch and are computed once.
"""

import inspect
import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.freezing import disk_cache
from ftcore.inputs import InputSpec

_RANDOM = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, vision.DropPath, vision.PatchDropout)
_MODE_DEPENDENT = (*_RANDOM, nn.modules.batchnorm._BatchNorm)
_ADDED = "_cut_dropout_"
_COSTLY: tuple[Any, ...] = (
    *(functional.linear, functional.conv2d, functional.scaled_dot_product_attention, torch.conv2d),
    *(torch.matmul, torch.bmm, torch.einsum, operator.matmul, "matmul", "bmm"),
)
_RANDOM_FUNCTIONS = (functional.dropout, functional.dropout1d, functional.dropout2d, torch.dropout)


class CutError(ModelError):
    """The model cannot be cut; it trains uncached."""


@dataclass(frozen=True)
class Cut:
    """A model in two halves.

    Args:
        prefix: Maps examples [B, *spec.shape] to a tuple of the tensors that cross the cut, each [B, ...].
        suffix: Maps that tuple to logits [B, C]. Shares its layers with the model.
        shapes: Shape of each crossing tensor for one picture, without the batch dimension.
        names: Graph nodes whose values cross.
        moved: Why the cut lies before the last frozen layer, in words; empty where it lies behind it.
    """

    prefix: nn.Module
    suffix: nn.Module
    shapes: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    moved: str = ""

    @cached_property
    def digest(self) -> str:
        """A hash over the prefix, which never changes while it is frozen (disk_cache)."""
        return disk_cache.digest(self.prefix)

    @property
    def values_per_image(self) -> int:
        """Numbers that have to be kept for one example."""
        return sum(int(torch.Size(shape).numel()) for shape in self.shapes)


def cut(model: nn.Module, spec: InputSpec, *, most_values: float = math.inf) -> Cut:
    """Cut a model where its ``requires_grad`` flags say that learning begins.

    Where more than ``most_values`` would cross (DenseNet hands on every layer's output) or the picture itself is
    needed again behind the cut, the cut moves towards the input until one small enough tensor crosses.

    Args:
        model: With gradients and modes as they are while training (FreezePlan.apply).
        spec: Of one example.
        most_values: Numbers per picture that may cross.

    Raises:
        CutError: The graph cannot be traced, nothing is frozen, or no place is narrow enough.
    """
    modes = {module: module.training for module in model.modules()}
    try:
        graph = _trace(model)
        late = _late_nodes(model, graph.nodes)
        example = spec.example(2, next(model.parameters()).device)
        model.eval()
        return _split(model, graph, late, example, most_values)
    except CutError:
        raise
    except Exception as error:  # tracing runs the model's own code with stand-ins, which may fail in any way
        raise CutError(f"This model cannot be cut ({type(error).__name__}).", fix="It trains uncached.") from error
    finally:
        for module, mode in modes.items():
            module.training = mode
        for name, added in list(model.named_children()):
            if name.startswith(_ADDED):
                added.train()
                delattr(model, name)  # the halves hold it; the model stays as it was


class _Tracer(fx.Tracer):
    """Traces down to layers; what depends on the training mode stays one call, or one of its branches is lost."""

    def __init__(self) -> None:
        super().__init__(autowrap_functions=tuple(vision.get_notrace_functions()))
        self._leaves = (*vision.get_notrace_modules(), *_MODE_DEPENDENT)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, self._leaves) or super().is_leaf_module(m, module_qualified_name)


def _trace(model: nn.Module) -> fx.Graph:
    _, *optional = inspect.signature(model.forward).parameters.values()
    graph = _Tracer().trace(model, concrete_args={option.name: option.default for option in optional})
    _, *options = [node for node in graph.nodes if node.op == "placeholder"]
    for option in options:  # arguments of forward() beside the pictures keep their defaults
        default = next(known.default for known in optional if option.name.startswith(known.name))

        def filled(node: fx.Node, option: fx.Node = option, default: Any = default) -> Any:
            return default if node is option else node

        for user in list(option.users):
            user.args = fx.map_arg(user.args, filled)
            user.kwargs = fx.map_arg(user.kwargs, filled)
        graph.erase_node(option)
    for index, node in enumerate(list(graph.nodes)):
        if node.op == "call_function" and node.target in _RANDOM_FUNCTIONS:  # its mode was fixed while tracing
            share = node.kwargs.get("p", node.args[1] if len(node.args) > 1 else 0.5)
            name = f"{_ADDED}{index}"
            model.add_module(name, nn.Dropout(float(share)))
            with graph.inserting_after(node):
                layer = graph.call_module(name, (node.args[0],))
            node.replace_all_uses_with(layer)
            graph.erase_node(node)
    return graph


def _split(model: nn.Module, graph: fx.Graph, late: set[fx.Node], example: Tensor, most_values: float) -> Cut:
    nodes = list(graph.nodes)
    values = _Values(fx.GraphModule(model, graph))
    values.run(example)

    def rows(node: fx.Node) -> bool:
        value = values.seen[node]
        return isinstance(value, Tensor) and value.ndim > 0 and value.shape[0] == len(example)

    def n_values(crossing: list[fx.Node]) -> int:
        return sum(values.seen[node][0].numel() for node in crossing)

    if all(node in late for node in nodes if node.op not in ("placeholder", "get_attr")):
        raise CutError("Nothing of this model is frozen from its input on.", fix="It trains uncached.")

    def is_cheap(node: fx.Node) -> bool:
        if node.op == "call_module":
            return all(parameter.ndim < 2 for parameter in model.get_submodule(str(node.target)).parameters())
        return node.op in ("call_function", "call_method") and node.target not in _COSTLY

    behind, crossing = _border(nodes, late, rows, is_cheap)
    moved = ""
    reads_again = not crossing or any(node.op == "placeholder" for node in crossing)
    if reads_again or n_values(crossing) > most_values:
        moved = (
            "the picture itself is needed again later on"
            if reads_again
            else f"{n_values(crossing):,} numbers per picture would have to be kept"
        )
        for wider in _earlier(nodes, late):
            late = wider
            behind, crossing = _border(nodes, late, rows, is_cheap)
            narrow = len(crossing) == 1 and crossing[0].op != "placeholder"
            if narrow and n_values(crossing) <= most_values:
                break
        else:
            raise CutError(f"There is no narrow place to cut it: {moved}.", fix="It trains uncached.")
    return Cut(
        prefix=_before(model, nodes, late, crossing),
        suffix=_Behind(_after(model, nodes, behind, crossing)),
        shapes=tuple(tuple(values.seen[node].shape[1:]) for node in crossing),
        names=tuple(node.name for node in crossing),
        moved=moved,
    )


def _border(
    nodes: list[fx.Node],
    late: set[fx.Node],
    rows: Callable[[fx.Node], bool],
    is_cheap: Callable[[fx.Node], bool],
) -> tuple[set[fx.Node], list[fx.Node]]:
    """Return what is computed behind the cut, and what crosses it.

    A shape or a constant does not cross: it is cheap, so it is worked out again behind the cut. Nor does what a norm or
    another cheap step makes of a tensor that crosses anyway, as in a block of which only the adapters learn.
    """
    behind = set(late)
    crossing = _crossing(nodes, behind)
    while odd := [node for node in crossing if not rows(node)]:
        behind |= set(odd)
        crossing = _crossing(nodes, behind)
    for node in reversed(crossing):
        behind |= _made_of(node, set(_crossing(nodes, behind)) - {node}, is_cheap)
    return behind, _crossing(nodes, behind)


def _made_of(node: fx.Node, others: set[fx.Node], is_cheap: Callable[[fx.Node], bool]) -> set[fx.Node]:
    """The cheap steps that make ``node`` of ``others`` alone; empty where there are none."""
    steps: set[fx.Node] = set()
    waiting = [node]
    while waiting:
        step = waiting.pop()
        if step in others or step in steps or step.op == "get_attr":
            continue
        if not is_cheap(step):
            return set()
        steps.add(step)
        waiting += step.all_input_nodes
    return steps if steps and others else set()


def _earlier(nodes: list[fx.Node], late: set[fx.Node]) -> Iterator[set[fx.Node]]:
    """Ever earlier cuts: the late nodes if everything but one frozen node and what it is made of were late."""
    for node in reversed(nodes):
        if node in late or node.op in ("placeholder", "get_attr", "output"):
            continue
        early, waiting = {node}, [node]
        while waiting:
            for source in waiting.pop().all_input_nodes:
                if source not in early:
                    early.add(source)
                    waiting.append(source)
        yield {other for other in nodes if other not in early and other.op not in ("placeholder", "get_attr")}


def _late_nodes(model: nn.Module, nodes: Iterable[fx.Node]) -> set[fx.Node]:
    """Nodes that learn, adapt or are random while training, and all that depend on them."""
    late: set[fx.Node] = set()
    for node in nodes:
        own = False
        if node.op == "call_module":
            module = model.get_submodule(str(node.target))
            own = any(parameter.requires_grad for parameter in module.parameters())
            own |= isinstance(module, _RANDOM) and module.training and _share(module) > 0
            own |= isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training  # its averages move
        elif node.op == "get_attr":
            value = _attribute(model, str(node.target))
            own = isinstance(value, nn.Parameter) and value.requires_grad
        if own or node.op == "output" or any(source in late for source in node.all_input_nodes):
            late.add(node)
    return late


def _share(module: nn.Module) -> float:
    share = getattr(module, "p", getattr(module, "drop_prob", getattr(module, "prob", 1.0)))
    return float(share or 0.0)


def _crossing(nodes: list[fx.Node], late: set[fx.Node]) -> list[fx.Node]:
    """Early nodes whose value a late node needs. Frozen parameters are read again instead of crossing."""
    needed = {source for node in nodes if node in late for source in node.all_input_nodes if source not in late}
    return [node for node in nodes if node in needed and node.op != "get_attr"]


class _Values(fx.Interpreter):
    """Runs a graph and remembers what each node gave."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module, garbage_collect_values=False)
        self.seen: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        self.seen[n] = super().run_node(n)
        return self.seen[n]

    def run(self, *args: Any, **kwargs: Any) -> Any:
        with torch.no_grad():
            return super().run(*args, **kwargs)


def _before(model: nn.Module, nodes: list[fx.Node], late: set[fx.Node], crossing: list[fx.Node]) -> nn.Module:
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in nodes:
        if node not in late:
            copies[node] = graph.node_copy(node, lambda source: copies[source])
    graph.output(tuple(copies[node] for node in crossing))
    return _module(model, graph)


def _after(model: nn.Module, nodes: list[fx.Node], behind: set[fx.Node], crossing: list[fx.Node]) -> nn.Module:
    graph = fx.Graph()
    copies = {node: graph.placeholder(f"crossing_{index}") for index, node in enumerate(crossing)}
    for node in nodes:
        if node not in copies and (node in behind or node.op == "get_attr"):
            copies[node] = graph.node_copy(node, lambda source: copies[source])
    return _module(model, graph)


def _module(model: nn.Module, graph: fx.Graph) -> nn.Module:
    module = fx.GraphModule(model, graph)
    module.graph.eliminate_dead_code()
    module.recompile()
    return module


class _Behind(nn.Module):
    """A suffix with one argument: the tuple that crosses."""

    def __init__(self, graph: nn.Module) -> None:
        super().__init__()
        self.graph = graph

    def forward(self, crossing: tuple[Tensor, ...]) -> Tensor:
        return self.graph(*crossing)


def _attribute(model: nn.Module, path: str) -> Any:
    owner, _, name = path.rpartition(".")
    return getattr(model.get_submodule(owner), name)
