import pytest

from ftcore import hardware
from ftcore.datasets.augmentation import image_domain
from ftcore.models import catalogue, suitability
from ftcore.settings import DatasetFacts


def facts(n_train=2000, side=300):
    return DatasetFacts(n_train=n_train, n_classes=5, side=side)


@pytest.mark.parametrize(
    ("name", "pictures", "has_gpu", "says"),
    [
        ("tf_efficientnet_lite0", facts(100), False, "right for 100 training pictures and no graphics card"),
        ("tf_efficientnet_lite0", facts(100), True, "right for 100 training pictures."),
        ("tf_efficientnet_lite0", facts(), False, "good first try"),
        ("resnet50", facts(), False, "11 times the arithmetic of EfficientNet-Lite0"),
        ("eva02_large_patch14_448.mim_m38m_ft_in1k", facts(), False, "Very slow here"),
        ("vit_tiny_patch16_224", facts(side=28), False, "Built for pictures of 224 pixels; yours have 28"),
        ("convnext_base", facts(100), True, "Large for 100 training pictures"),
        ("resnet50", facts(100), True, "if the body stays frozen"),
        ("convnext_base", facts(), True, "worth a try beside a smaller one"),
    ],
)
def test_each_choice_gets_the_sentence_that_matters_most(name, pictures, has_gpu, says):
    assert says in suitability.suits(catalogue.find(name), pictures, has_gpu=has_gpu)


def test_pictures_unlike_photographs_ask_for_more_than_a_head():
    row = catalogue.find("tf_efficientnet_lite0")
    assert "for drawings more of it than the head has to learn" in suitability.suits(
        row, facts(), has_gpu=False, domain="drawings"
    )
    assert suitability.suits(row, facts(), has_gpu=False, domain="photographs") == suitability.suits(
        row, facts(), has_gpu=False
    )
    assert set(suitability._UNLIKE) <= set(image_domain.DOMAINS)


def test_every_model_gets_a_few_sentences_for_every_machine_and_domain():
    for row in catalogue.models():
        for has_gpu in (False, True):
            for domain in ("", *image_domain.DOMAINS):
                sentence = suitability.suits(row, facts(300, 200), has_gpu=has_gpu, domain=domain)
                assert sentence.endswith(".") and len(sentence) < 300


def test_the_yardstick_costs_once_itself():
    assert suitability.relative_cost(catalogue.find("tf_efficientnet_lite0.in1k")) == 1.0


def test_what_is_here_can_be_loaded_without_asking_the_network(monkeypatch):
    monkeypatch.setattr(hardware, "reachable", lambda *_a, **_k: pytest.fail("asked"))
    assert suitability.cannot_load(catalogue.find("tf_efficientnet_lite0")) == ""


@pytest.mark.parametrize(("online", "reason"), [(True, ""), (False, "no network to download them")])
def test_what_is_elsewhere_needs_a_network(monkeypatch, tmp_path, online, reason):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hardware, "reachable", lambda *_a, **_k: online)
    assert reason in suitability.cannot_load(catalogue.find("resnet18"))
    assert bool(suitability.cannot_load(catalogue.find("resnet18"))) != online
