from ftcore.datasets.importing.events import Imported
from ftcore.datasets.importing.import_state import ImportState
from ftcore.events import Finished, Progress, Started
from ftcore.runs import state

READING = Progress(stage="read", label="Reading", done=3, total=9)


def test_an_import_ends_with_its_data_set():
    story = [Started(), READING, Imported(dataset="cats-1", n_images=9, n_left_out=1)]
    made = state.replay(story, ImportState())
    assert (made.status, made.stage, made.dataset) == ("working", None, "cats-1")
    ended = state.replay([Finished(reason="Imported.", seconds=1.0)], made)
    assert (ended.status, ended.dataset) == ("finished", "cats-1")
