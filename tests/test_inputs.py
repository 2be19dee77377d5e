import pytest
import torch

from ftcore.errors import SettingsError
from ftcore.inputs import InputSpec
from ftcore.preprocessing import Preprocessing


def test_a_spec_of_any_shape_makes_an_example():
    spec = InputSpec((1, 20, 30), dtype="float64")
    example = spec.example(4)
    assert (example.shape, example.dtype, spec.n_values) == ((4, 1, 20, 30), torch.float64, 600)


def test_an_example_can_be_made_on_paper():
    with torch.device("meta"):
        assert InputSpec.square(64).example().is_meta
    assert InputSpec.square(64).example(device="meta").is_meta


def test_a_spec_comes_back_from_json():
    spec = InputSpec((1, 20, 30))
    assert InputSpec.from_json(spec.to_json()) == spec


def test_a_preprocessing_says_what_the_network_reads():
    assert Preprocessing(size=48).spec == InputSpec.square(48) == InputSpec((3, 48, 48))


def test_people_read_a_spec_in_words():
    assert str(InputSpec.square(224)) == "224 pixels"
    assert str(InputSpec((1, 20, 30))) == "20 by 30 numbers"


@pytest.mark.parametrize("shape", [(), (3, 0, 8)])
def test_an_example_of_nothing_is_a_sentence(shape):
    with pytest.raises(SettingsError, match="expected lengths of 1 and more"):
        InputSpec(shape)
