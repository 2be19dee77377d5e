import pytest
import torch
from safetensors.torch import save

from ftcore import settings as s
from ftcore import vision
from ftcore.errors import ModelError, RunError
from ftcore.events import Finished
from ftcore.models import own_weights
from ftcore.runs import log, queue, store
from ftcore.training import starts


@pytest.fixture
def own(workspace):
    torch.manual_seed(0)
    return own_weights.add(save(vision.create_model("test_efficientnet").state_dict()), "mine.pt.safetensors", NAME)


NAME = "test_efficientnet"


def run_from(id, name="Cats"):
    return store.create("train", name, s.to_json(s.with_value(s.RunSettings(), "model.start", id)))


def test_weights_that_nobody_needs_are_deleted(own, workspace):
    run_from("other")
    starts.delete_weights(own.id)
    assert own_weights.list_all() == [] and not own.file.exists()
    with pytest.raises(ModelError, match="There are no weights"):
        starts.delete_weights(own.id)


def test_weights_are_kept_while_a_run_that_is_not_over_starts_from_them(own, monkeypatch):
    monkeypatch.setattr(queue, "start_waiting", lambda: None)
    run = run_from(own.id)
    queue.submit(run)
    with pytest.raises(RunError, match=r"'mine\.pt\.safetensors' cannot be deleted: run 'Cats' needs it\. Stop or"):
        starts.delete_weights(own.id)
    assert own.file.exists()
    assert [job.id for job in starts.users(own.id)] == [run.id]
    queue.withdraw(run)
    log.append(run.folder, Finished(reason="All epochs done.", seconds=1.0))
    starts.delete_weights(own.id)
    assert not own.file.exists()
