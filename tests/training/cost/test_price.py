"""The arithmetic of a promise: what is added up, what is free, what does not fit. Nothing is measured here."""

from dataclasses import replace

import pytest

from ftcore import events
from ftcore import settings as s
from ftcore.events import EpochDone, Estimated, FeaturesCached, Finished, Planned
from ftcore.freezing import disk_cache
from ftcore.runs import owners, process, queue, state
from ftcore.training.cost import price
from ftcore.training.cost.price import Fill, Layers, Measured, PhaseCost

PHASE = PhaseCost(
    label="Head only",
    n_epochs=4,
    n_groups=1,
    trainable=100,
    setup_seconds=1.0,
    convert_seconds=2.0,
    fills=(Fill("a" * 32, 100, 10.0, 1000), Fill("b" * 32, 50, 5.0, 500)),
    step_seconds=0.01,
    look_seconds=0.002,
    save_seconds=0.5,
    bytes_memory=600,
)
MEASURED = Measured(
    phases=(PHASE,), n_train=100, n_validation=50, n_test=25, start_seconds=3.0, end_seconds=1.0, bytes_kept=7
)
PER_EPOCH = 100 * 0.01 + 50 * 0.002 + 0.5


def keep(key):
    with disk_cache.new(key, {"kind": "activations"}):
        pass


def test_everything_that_a_run_does_is_added_up(workspace):
    cost = price.price(MEASURED)
    assert cost.seconds == pytest.approx(3 + 1 + 1 + 2 + 15 + 4 * PER_EPOCH + 25 * 0.002)
    assert cost.seconds_per_epoch == pytest.approx(PER_EPOCH)
    assert (cost.fill_seconds, cost.bytes_disk, cost.bytes_memory) == (15.0, 1507, 600)
    assert cost.seconds_low < cost.seconds < cost.seconds_high


def test_what_the_cache_holds_is_free_and_with_it_the_conversion(workspace):
    whole = price.price(MEASURED)
    keep("a" * 32)
    part = price.price(MEASURED)
    assert whole.seconds - part.seconds == pytest.approx(10.0) and part.bytes_disk == 507
    keep("b" * 32)
    warm = price.price(MEASURED)
    assert part.seconds - warm.seconds == pytest.approx(5.0 + 2.0)
    assert (warm.fill_seconds, warm.bytes_disk) == (0.0, 7)


def test_a_view_that_two_phases_share_is_paid_once(workspace):
    twice = price.price(replace(MEASURED, phases=(PHASE, replace(PHASE, n_epochs=1, convert_seconds=0.0))))
    assert twice.seconds - price.price(MEASURED).seconds == pytest.approx(1.0 + PER_EPOCH)
    assert [phase["fill_seconds"] for phase in twice.phases] == [15.0, 0.0]


def test_what_cannot_be_known_in_advance_is_paid_in_every_phase(workspace):
    unknown = replace(PHASE, fills=(Fill("", 100, 10.0, 1000),))
    assert price.price(replace(MEASURED, phases=(unknown, unknown))).fill_seconds == 20.0


def test_what_was_not_timed_because_it_was_there_is_measured_again_when_it_has_gone(workspace):
    settings, fill = s.RunSettings(dataset="digits-1"), Fill("c" * 32, 100, 0.0, 10)
    keep(fill.key)
    price.save(price.job(settings).folder, replace(MEASURED, phases=(replace(PHASE, fills=(fill,)),)))
    assert price.known(settings).fill_seconds == 0.0
    disk_cache.remove(fill.key)
    assert price.known(settings) is None and price.load(price.job(settings).folder) is None


def test_another_boundary_is_guessed_from_the_layers_behind_it(workspace):
    layers = (Layers(0.5, 800), Layers(0.4, 80), Layers(0.1, 8))
    cost = price.price(replace(MEASURED, layers=layers))
    assert price.scaled(cost, 1, 10) == price.Pace(100.0, 600), "where it was measured"
    pace = price.scaled(cost, 2, 10)
    assert pace.images_per_second == pytest.approx(100 * 0.1 / 0.5) and pace.bytes_memory == 600 + 10 * 1.25 * 80


def test_what_was_measured_reads_back_the_same(tmp_path):
    whole = replace(MEASURED, layers=(Layers(0.5, 800),), notes=("A sentence.",))
    price.save(tmp_path, whole)
    assert price.load(tmp_path) == whole
    (tmp_path / price.RESULT).write_text('{"phases": [{}]}')
    assert price.load(tmp_path) is None and price.load(tmp_path / "nowhere") is None


def test_the_price_has_a_new_name_when_it_may_change_and_only_then():
    base = s.RunSettings(dataset="digits-1")
    same = ("train.lr=0.1", "train.schedule=linear", "freeze.layer_decay=0.5", "train.patience=3")
    other = (
        "train.epochs=9",
        "model.image_size=96",
        "freeze.preset=none",
        "augment.views=2",
        "train.ema=0.9",
        "seed=3",
    )
    assert {price.key(s.with_values(base, [value])) for value in same} == {price.key(base)}
    names = {price.key(s.with_values(base, [value])) for value in other}
    assert len(names) == len(other) and price.key(base) not in names
    assert price.key(replace(base, dataset="digits-2")) != price.key(base)


def test_what_does_not_fit_is_said_with_what_to_change(workspace):
    cost = replace(price.price(MEASURED), bytes_memory=8_000_000_000, bytes_disk=3_000_000_000)
    assert price.obstacles(cost, free_memory=9e9, free_disk=4e9) == []
    memory, disk = price.obstacles(cost, free_memory=4e9, free_disk=1e9)
    assert "8.0 GB of memory, and 4.0 GB are free" in memory and "smaller batch" in memory
    assert "write 3.0 GB, and 1.0 GB of disk are free" in disk and "fewer views" in disk


def test_a_run_hears_what_was_promised_about_it(workspace):
    settings = s.RunSettings(dataset="digits-1")
    assert price.promise(settings) is None
    job = price.job(settings)
    price.save(job.folder, MEASURED)
    cost, promised = price.known(settings), price.promise(s.with_values(settings, ["train.lr=0.5"]))
    assert isinstance(promised, Estimated)
    assert (promised.seconds, promised.seconds_high) == (cost.seconds, cost.seconds_high)
    assert price.ENDS_EARLY not in cost.notes
    assert price.ENDS_EARLY in price.known(s.with_values(settings, ["train.patience=3"])).notes
    price.forget(job.id)
    price.forget(job.id)
    assert price.known(settings) is None


def test_removing_measurements_beside_another_visitor_is_no_error(workspace):
    job = price.job(s.RunSettings(dataset="digits-1"))
    gone = job.folder.with_name(f".{job.id}.gone")
    job.folder.rename(gone)
    (gone / process.NOTE).write_text("{}")
    price.cancel(owners.CLI)
    price.forget(job.id)


def test_only_what_nobody_else_waits_for_is_cancelled(workspace):
    me, you = owners.new(), owners.new()
    mine, ours, yours = (s.RunSettings(dataset=f"digits-{number}") for number in (1, 2, 3))
    asked = [(mine, me), (ours, me), (ours, you), (yours, you)]
    jobs = list(dict.fromkeys(price.ask(settings, owner).folder for settings, owner in asked))
    for folder in jobs:
        (folder / process.NOTE).write_text("{}")  # a worker was started
    price.cancel(me)
    assert [process.stop_requested(folder) for folder in jobs] == [True, False, False]
    price.cancel(you)
    assert all(process.stop_requested(folder) for folder in jobs)


def test_what_waits_is_taken_back_by_its_owner_only(workspace):
    me, you = owners.new(), owners.new()
    job = price.ask(s.RunSettings(dataset="digits-1"), me)
    with queue._database() as database:
        database.execute("INSERT INTO queue VALUES (?, 'estimate', 1.0, 'waiting')", (job.id,))
    price.cancel(you)
    assert queue.waiting("estimate") == [job.id]
    price.cancel(me)
    assert queue.waiting("estimate") == []


def test_what_a_run_did_cost_is_known_once_it_went_through_all_epochs(tmp_path):
    phase = {"label": "Head only", "first_epoch": 0, "n_epochs": 1, "trainable": 3}
    plan = Planned(
        model="m", n_epochs=1, n_steps=1, n_parameters=3, n_train=10, n_val=5, monitor="accuracy", phases=[phase]
    )
    epoch = EpochDone(
        epoch=0, phase=0, step=1, train={}, val={}, lr=0.1, seconds=1, images_per_second=1, memory_mb=500, best=True
    )
    prepared = FeaturesCached(phase=0, crossing_bytes=100, views=1)
    (tmp_path / "file").write_bytes(b"12345")
    assert price.spent(tmp_path, state.replay([plan, prepared, epoch])) is None
    done = state.replay([plan, prepared, epoch, Finished(reason="All epochs done.", seconds=7.5)])
    assert price.spent(tmp_path, done) == price.Spent(7.5, 500_000_000, 5 + 100 * (10 * 2 + 5))
    tested = events.Tested(split="test", n_images=7, scores={})
    seen = [plan, replace(prepared, is_fresh=True), epoch, tested, Finished(reason="All epochs done.", seconds=7.5)]
    assert price.spent(tmp_path, state.replay(seen)).bytes_disk == 5 + 100 * (5 + 7), "fresh views are not kept"
    early = state.replay([replace(plan, n_epochs=2), epoch, Finished(reason="Stopped early.", seconds=7.5)])
    assert price.spent(tmp_path, early) is None
