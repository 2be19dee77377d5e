from ftcore.datasets.explore import feature_map
from ftcore.errors import ModelError
from ftcore.events import Progress
from ftcore.jobs import feature_map as mapping
from ftcore.runs import log, store
from ftcore.training.embeddings import compute


def submitted(dataset):
    return store.create("map", dataset.name, {"dataset": dataset.id}, id=dataset.id)


def test_a_drawing_ends_with_a_map_beside_the_data_set(tiny_dataset, work):
    job = submitted(tiny_dataset)
    assert work(job).status == "finished"
    found = feature_map.load(tiny_dataset)
    assert (len(found.points), found.n_pictures, found.model) == (60, 60, compute.MODEL)
    table = tiny_dataset.records()
    same = [
        table["label"][near] == table["label"][row]
        for row, neighbours in zip(found.points["row"], found.points["neighbours"], strict=True)
        for near in neighbours
    ]
    assert sum(same) / len(same) > 0.8  # red pictures look like red ones
    stages = {event.stage for event in log.read(job.folder)[0] if isinstance(event, Progress)}
    assert {"fill_all", "place"} <= stages


def test_of_a_large_data_set_only_what_is_on_the_map_gets_features(tiny_dataset, work, monkeypatch):
    monkeypatch.setattr(mapping, "SHARED", 40)
    monkeypatch.setattr(feature_map, "sample", lambda table: feature_map.np.arange(3, 33))
    job = submitted(tiny_dataset)
    assert work(job).status == "finished"
    found = feature_map.load(tiny_dataset)
    assert found.points["row"].tolist() == list(range(3, 33)) and found.n_pictures == 60
    totals = {event.total for event in log.read(job.folder)[0] if isinstance(event, Progress)}
    assert 60 not in totals


def test_without_a_model_it_says_why(tiny_dataset, work, monkeypatch):
    def refuse(*arguments, **options):
        raise ModelError("The weights cannot be had here.")

    monkeypatch.setattr(compute, "build_model", refuse)
    state = work(submitted(tiny_dataset))
    assert state.status == "failed" and "The weights cannot be had here." in state.problem
    assert feature_map.load(tiny_dataset) is None
