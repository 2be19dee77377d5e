import io
import zipfile

from ftcore.datasets.importing.importer import import_source, pack_upload
from tests.datasets.made_pictures import two_classes, write_zip


def test_an_uploaded_folder_is_imported_like_a_zip(tmp_path, workspace, outside):
    packed = pack_upload(two_classes(prefix="photos/").items(), workspace / "upload.zip")
    direct = import_source(write_zip(tmp_path / "direct.zip", two_classes()))
    assert import_source(packed) == direct


def test_names_that_climb_out_are_only_text(workspace, outside):
    files = {**two_classes(), "../../outside/precious.txt": b"x", "/etc/cat.png": b"x", "a\0b/c.png": b"x"}
    dataset = import_source(pack_upload(files.items(), workspace / "upload.zip"))
    assert dataset.n_images == 8


def test_files_of_one_name_are_all_kept(workspace):
    packed = pack_upload([("a.png", b"1"), ("a.png", io.BytesIO(b"22")), ("", b"3")], workspace / "upload.zip")
    with zipfile.ZipFile(packed) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.png": b"1",
            "a (2).png": b"22",
            "unnamed": b"3",
        }


def test_a_single_zip_is_taken_as_it_is_from_its_start(tmp_path, workspace):
    data = write_zip(tmp_path / "mine.zip", two_classes()).read_bytes()
    upload = io.BytesIO(data)
    upload.read()  # as a page that looked into it leaves it
    assert pack_upload([("mine.ZIP", upload)], workspace / "upload.zip").read_bytes() == data
