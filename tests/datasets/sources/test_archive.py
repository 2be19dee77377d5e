import os
import stat
import struct
import zipfile
from contextlib import contextmanager

import pytest

from ftcore.datasets.sources.archive import Quotas, TooMuch, folder_entries, shown, zip_entries
from ftcore.errors import DataError
from tests.datasets.made_pictures import png, two_classes, write_folder, write_zip


def refused(listing):
    return {entry.name: entry.refused for entry in listing.entries if entry.refused}


def names_in(listing):
    return [entry.name for entry in listing.entries]


def mark_encrypted(path):
    """Set the flag of a locked entry; zipfile itself cannot write one."""
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    path.write_bytes(data)
    return path


@contextmanager
def overlapping(path, n_entries):
    """A ZIP whose central directory names the same packed bytes ``n_entries`` times."""
    write_zip(path, {"cat/00.png": bytes(1000)}, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    central = data[start:end] * n_entries
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, n_entries, n_entries, len(central), start, 0)
    path.write_bytes(data[:start] + central + tail)
    yield path


def test_entries_are_sorted_and_read(tmp_path):
    with zip_entries(write_zip(tmp_path / "a.zip", {"dog/1.png": b"11", "cat/2.png": b"2"})) as listing:
        assert [(entry.name, entry.read()) for entry in listing.entries] == [("cat/2.png", b"2"), ("dog/1.png", b"11")]


def test_a_file_that_is_no_zip_is_one_sentence(tmp_path):
    for data in (b"", b"hello", png(1), write_zip(tmp_path / "a.zip", two_classes()).read_bytes()[:500]):
        (tmp_path / "b.zip").write_bytes(data)
        with (
            pytest.raises(DataError, match=r"b\.zip is not a ZIP file, or it is cut off"),
            zip_entries(tmp_path / "b.zip"),
        ):
            pass


def test_a_locked_zip_is_one_sentence(tmp_path):
    path = mark_encrypted(write_zip(tmp_path / "a.zip", two_classes()))
    with pytest.raises(DataError, match="locked with a password"), zip_entries(path):
        pass


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    with (
        overlapping(tmp_path / "a.zip", 50) as path,
        pytest.raises(DataError, match="its entries overlap"),
        zip_entries(path),
    ):
        pass


def test_a_zip_that_unpacks_a_thousandfold_is_refused_before_it_is_read(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.bmp": bytes(30_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(TooMuch, match=r"unpacks to more than 200 times its size"), zip_entries(path):
        pass


def test_bytes_are_counted_as_they_come_not_as_they_were_announced(tmp_path):
    path = write_zip(tmp_path / "a.zip", {f"cat/{i}.bmp": bytes(60_000) for i in range(5)}, zipfile.ZIP_DEFLATED)
    with zip_entries(path, Quotas(total_bytes=10_000_000, ratio_from=10_000_000)) as listing:
        small = Quotas(total_bytes=100_000)
        meter = listing.entries[0].read.args[-1]
        meter.quotas = small
        listing.entries[0].read()
        with pytest.raises(TooMuch, match="take more than"):
            listing.entries[1].read()


def test_a_file_that_is_too_large_costs_only_itself(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.png": bytes(3_000_000), "cat/2.png": b"x"})
    with zip_entries(path, Quotas(file_bytes=2_000_000)) as listing:
        with pytest.raises(DataError, match="larger than 2 MB") as caught:
            listing.entries[0].read()
        assert not isinstance(caught.value, TooMuch)
        assert listing.entries[1].read() == b"x"


def test_too_many_files_are_refused(tmp_path):
    files = {f"cat/{i}.png": b"" for i in range(11)}
    with (
        pytest.raises(TooMuch, match="holds 11 files"),
        zip_entries(write_zip(tmp_path / "a.zip", files), Quotas(files=10)),
    ):
        pass
    write_folder(tmp_path / "a", files)
    with pytest.raises(TooMuch, match="more than 10 files"), folder_entries(tmp_path / "a", Quotas(files=10)):
        pass


def test_names_that_climb_out_are_refused_one_by_one(tmp_path):
    names = ["../x.png", "cat/../../x.png", "/etc/x.png", "C:\\x.png", "..\\y.png", "cat/ok.png"]
    with zip_entries(write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x"))) as listing:
        reasons = refused(listing)
        assert len(reasons) == 5 and set(reasons.values()) == {"its name points outside of the archive"}


def test_links_and_archives_inside_are_refused(tmp_path):
    link = zipfile.ZipInfo("cat/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("more.zip", b"x")
    with zip_entries(tmp_path / "a.zip") as listing:
        assert refused(listing) == {
            "cat/link.png": "a link to another file",
            "more.zip": "an archive inside; unpack it first",
        }


def test_system_files_are_counted_not_listed(tmp_path):
    names = ["__MACOSX/cat/._1.png", "cat/.DS_Store", "cat/Thumbs.db", "desktop.ini", ".git/x.png", "cat/1.png"]
    with zip_entries(write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x"))) as listing:
        assert (names_in(listing), listing.n_junk) == (["cat/1.png"], 5)


def test_a_damaged_entry_costs_only_itself(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"cat/1.png": b"A" * 100, "cat/2.png": b"B" * 100})
    path.write_bytes(path.read_bytes().replace(b"A" * 100, b"A" * 99 + b"C"))
    with zip_entries(path) as listing:
        with pytest.raises(DataError, match="damaged inside the ZIP"):
            listing.entries[0].read()
        assert listing.entries[1].read() == b"B" * 100


def test_names_of_older_archivers_are_repaired(tmp_path):
    path = write_zip(tmp_path / "a.zip", {"kÃ¤fer/1.png".encode("latin-1").decode("utf-8"): b"x"})
    data = path.read_bytes()
    for signature, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):  # take the UTF-8 flag away
        at = data.index(signature) + offset
        data = data[:at] + bytes([data[at] & ~0x08]) + data[at + 1 :]
    path.write_bytes(data)
    with zip_entries(path) as listing:
        assert names_in(listing) == ["käfer/1.png"]
        assert listing.entries[0].read() == b"x"


def test_a_folder_is_listed_without_following_links(tmp_path, outside):
    folder = write_folder(
        tmp_path / "workspace" / "in", {"cat/1.png": b"1", "cat/deep/2.png": b"2", ".hidden/3.png": b"3"}
    )
    os.symlink(outside, folder / "linked")
    os.symlink(outside / "precious.txt", folder / "cat" / "4.png")
    os.mkfifo(folder / "cat" / "5.png")
    with folder_entries(folder) as listing:
        assert refused(listing) == {
            "linked": "a link to another file",
            "cat/4.png": "a link to another file",
            "cat/5.png": "not an ordinary file",
        }
        read = {entry.name: entry.read() for entry in listing.entries if not entry.refused}
        assert read == {"cat/1.png": b"1", "cat/deep/2.png": b"2"}


def test_a_file_that_went_away_costs_only_itself(tmp_path):
    folder = write_folder(tmp_path / "in", {"cat/1.png": b"1"})
    with folder_entries(folder) as listing:
        (folder / "cat" / "1.png").unlink()
        with pytest.raises(DataError, match="cannot be opened"):
            listing.entries[0].read()


def test_a_shown_name_is_clean_and_short():
    assert shown("a/b/c/d\u202e/=e\n.png") == "b/c/d/e .png"
