import pytest
import torch
from safetensors.torch import save, save_file

from ftcore import vision
from ftcore.errors import ModelError
from ftcore.models import own_weights, weight_files
from ftcore.models.build import build_model
from ftcore.models.heads import Head

NAME = "test_efficientnet"
HEAD = {"classifier.weight", "classifier.bias"}


@pytest.fixture
def state():
    """Random weights of a tiny network with seven classes."""
    torch.manual_seed(3)
    return vision.create_model(NAME, num_classes=7).state_dict()


def as_pth(content, path):
    torch.save(content, path)
    return path.read_bytes()


def test_weights_are_kept_and_found_again(workspace, state):
    own = own_weights.add(save(state), "mine.safetensors", NAME)
    assert own == own_weights.find(own.id)
    assert own_weights.list_all() == [own]
    assert (own.name, own.architecture) == ("mine.safetensors", NAME)
    assert own.file.is_relative_to(workspace / "weights")


@pytest.mark.parametrize("wrapped", ["plain", "state_dict", "module", "model"])
def test_a_pth_may_be_wrapped_as_training_scripts_do(workspace, tmp_path, state, wrapped):
    content = {
        "plain": state,
        "state_dict": {"state_dict": state, "epoch": 3},
        "module": {f"module.{key}": value for key, value in state.items()},
        "model": {"model": {f"_orig_mod.{key}": value for key, value in state.items()}},
    }[wrapped]
    read = weight_files.read(as_pth(content, tmp_path / "w.pth"), "w.pth")
    assert list(read) == list(state)
    assert all(torch.equal(read[key], state[key]) for key in state)


def test_misfits_are_listed_by_tensor_name_and_shape(workspace, state):
    state["conv_stem.weight"] = torch.zeros(2, 3, 5, 5)
    del state["bn1.bias"]
    state["extra.weight"] = torch.zeros(4)
    with pytest.raises(ModelError) as caught:
        own_weights.add(save(state), "mine.safetensors", NAME)
    shape = "×".join(map(str, vision.create_model(NAME).conv_stem.weight.shape))
    assert f"conv_stem.weight has shape 2×3×5×5, expected {shape}" in str(caught.value)
    assert "bn1.bias is missing" in str(caught.value)
    assert "extra.weight is not part of the architecture" in str(caught.value)
    assert own_weights.list_all() == []


def test_the_weights_of_another_architecture_are_refused_with_a_short_list(workspace, state):
    with pytest.raises(
        ModelError, match=r"does not hold the weights of test_vit: .*; .* more\. Choose the architecture"
    ):
        own_weights.add(save(state), "mine.safetensors", "test_vit")


def test_code_inside_a_file_is_not_run(workspace, tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    data = as_pth({"a": Payload()}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"w\.pth cannot be read as weights"):
        own_weights.add(data, "w.pth", NAME)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("file", ["a.safetensors", "a.pth", "a.bin"])
@pytest.mark.parametrize("data", [b"", b"no weights", b"\x80\x02garbage"])
def test_a_file_that_is_none_is_one_sentence(workspace, file, data):
    with pytest.raises(ModelError, match=r"cannot be read as weights .*Bring a \.safetensors file"):
        own_weights.add(data, file, NAME)


def test_a_file_without_tensors_is_one_sentence(workspace, tmp_path):
    with pytest.raises(ModelError, match=r"holds no tensors\. Save the model's state_dict"):
        own_weights.add(as_pth({"epoch": 3}, tmp_path / "w.pth"), "w.pth", NAME)


@pytest.mark.parametrize("id", ["none-like-it", "../../etc", ""])
def test_unknown_weights_are_one_sentence(workspace, id):
    with pytest.raises(ModelError, match="There are no weights"):
        own_weights.find(id)


@pytest.mark.parametrize("keep_head", [False, True])
def test_a_model_starts_with_the_body_and_on_request_with_the_head(tmp_path, state, keep_head):
    save_file(state, tmp_path / "w.safetensors")
    model, _ = build_model(
        NAME, n_outputs=7, image_size=64, start=tmp_path / "w.safetensors", keep_head=keep_head, seed=1
    )
    same = {key for key, value in model.state_dict().items() if torch.equal(value, state[key])}
    assert set(state) - same == (set() if keep_head else HEAD)


def test_a_head_for_other_classes_is_replaced(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    model, _ = build_model(NAME, n_outputs=3, image_size=64, start=tmp_path / "w.safetensors")
    assert model.classifier.out_features == 3
    assert torch.equal(model.conv_stem.weight, state["conv_stem.weight"])


def test_weights_that_do_not_fit_are_named_when_the_run_starts(tmp_path, state):
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match=r"do not fit the model: .* is missing"):
        build_model("test_vit", n_outputs=3, image_size=160, start=tmp_path / "w.safetensors")
    (tmp_path / "w.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="start from cannot be read"):
        build_model(NAME, n_outputs=3, image_size=64, start=tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("name", "sizes", "n_first"),
    [
        ("vit_tiny_patch16_224", (96, 160), 1),
        ("cait_xxs24_224", (64, 96), 0),  # its class token comes later and has no position
        ("eva02_tiny_patch14_224", (56, 84), 1),
    ],
)
def test_positions_learned_at_another_size_are_resized(tmp_path, name, sizes, n_first):
    """As Dosovitskiy et al. 2021 do, section 3.2: the grid is interpolated, tokens beside it stay."""
    small, large = sizes
    state = vision.create_model(name, num_classes=3, img_size=small).state_dict()
    save_file(state, tmp_path / "w.safetensors")
    model, _ = build_model(name, n_outputs=3, image_size=large, start=tmp_path / "w.safetensors", keep_head=True)
    found = model.state_dict()
    same = {key for key, value in found.items() if value.shape == state[key].shape and torch.equal(value, state[key])}
    assert "pos_embed" in set(found) - same
    assert all("pos_embed" in key for key in set(found) - same)
    assert torch.equal(found["pos_embed"][:, :n_first], state["pos_embed"][:, :n_first])
    grids = [table["pos_embed"][:, n_first:].transpose(1, 2) for table in (state, found)]
    old, new = [grid.unflatten(2, (round(grid.shape[2] ** 0.5),) * 2) for grid in grids]
    expected = torch.nn.functional.interpolate(old, new.shape[2:], mode="bicubic", antialias=True)
    torch.testing.assert_close(new, expected)


def test_an_upload_of_another_picture_size_is_accepted(workspace):
    state = vision.create_model("vit_tiny_patch16_224", num_classes=3, img_size=96).state_dict()
    own = own_weights.add(save(state), "mine.safetensors", "vit_tiny_patch16_224")
    assert own_weights.list_all() == [own]


def test_a_file_without_the_right_positions_is_still_named(workspace):
    state = vision.create_model("vit_tiny_patch16_224", num_classes=3).state_dict()
    state["pos_embed"] = torch.zeros(1, 12, 192)  # no square
    with pytest.raises(ModelError, match="pos_embed has shape 1×12×192, expected 1×197×192"):
        own_weights.add(save(state), "mine.safetensors", "vit_tiny_patch16_224")


@pytest.mark.parametrize(("theirs", "ours"), [({}, {"layers": 1}), ({"layers": 1}, {}), ({"layers": 1}, {"layers": 2})])
def test_a_head_of_other_layers_is_left_out(tmp_path, theirs, ours):
    before, _ = build_model(NAME, n_outputs=3, image_size=64, pretrained=False, head=Head(**theirs))
    save_file(before.state_dict(), tmp_path / "w.safetensors")
    model, _ = build_model(NAME, n_outputs=3, image_size=64, start=tmp_path / "w.safetensors", head=Head(**ours))
    assert torch.equal(model.conv_stem.weight, before.conv_stem.weight)
    model.load_state_dict(model.state_dict())


def test_tensors_that_share_memory_or_are_turned_round_are_kept_whole(workspace, tmp_path, state):
    shared = torch.arange(40.0)
    first, second = [key for key in state if key.endswith("bn1.bias") or key.endswith("bn1.weight")][:2]
    n = len(state[first])
    turned = next(key for key, value in state.items() if value.ndim == 4 and value.shape[0] != value.shape[1] > 1)
    content = {**state, first: shared[:n], second: shared[1 : n + 1]}
    content[turned] = state[turned].permute(1, 0, 2, 3).contiguous().permute(1, 0, 2, 3).requires_grad_()
    own = own_weights.add(as_pth(content, tmp_path / "a.pth"), "a.pth", NAME)
    kept = weight_files.load_file(own.file)
    assert all(torch.equal(kept[key], content[key]) for key in content)


@pytest.mark.parametrize(
    "odd, words",
    [
        (torch.eye(7).to_sparse(), "in a form that no model of timm has"),
        (torch.empty(7, 7, device="meta"), "in a form that no model of timm has"),
        (torch.zeros(1).expand(10**6, 10**6), "that they are large ones"),
    ],
)
def test_tensors_that_cannot_be_kept_are_one_sentence(workspace, tmp_path, state, odd, words):
    with pytest.raises(ModelError, match=words):
        own_weights.add(as_pth({**state, "classifier.weight": odd}, tmp_path / "a.pth"), "a.pth", NAME)
