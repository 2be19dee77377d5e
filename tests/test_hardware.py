import os
import socket
import subprocess
import sys

import psutil
import pytest
import torch

from ftcore import hardware


@pytest.fixture
def direct(monkeypatch):
    """No proxy, and no answer remembered from another test."""
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    hardware._answers.cache_clear()
    yield
    hardware._answers.cache_clear()


def test_cores_are_those_that_this_process_may_use():
    assert hardware.n_cores() == len(psutil.Process().cpu_affinity())


def test_fewer_cores_are_counted_when_fewer_are_given():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from ftcore import hardware; print(hardware.n_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_a_nice_process_has_a_lower_priority():
    code = "import os; from ftcore import hardware; a = os.nice(0); hardware.be_nice(); print(os.nice(0) - a)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == min(hardware.NICENESS, 19 - os.nice(0))


def test_memory_grows_with_what_is_held():
    before = hardware.memory_mb()
    held = bytearray(os.urandom(1)) * 200_000_000
    assert 150 < hardware.memory_mb() - before < 250
    assert len(held) == 200_000_000


@pytest.mark.parametrize(
    "text, count", [("low 0\noom 3\noom_kill 2\n", 2), ("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", 5), ("", 0)]
)
def test_kills_for_want_of_memory_are_counted_where_the_kernel_says(monkeypatch, tmp_path, text, count):
    (tmp_path / "memory.events").write_text(text)
    monkeypatch.setattr(hardware, "Path", lambda name: tmp_path / name.rsplit("/")[-1])
    assert hardware.oom_kills() == count


def test_no_word_from_the_kernel_is_no_kill(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "Path", lambda name: tmp_path / "missing")
    assert hardware.oom_kills() == 0


def test_the_device_is_one_that_torch_computes_on():
    assert float(torch.ones(2, device=hardware.device_name()).sum()) == 2.0


def test_a_listening_host_is_reachable(direct):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert hardware.reachable("127.0.0.1", server.getsockname()[1])


def test_a_silent_host_is_not_reachable(direct):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not hardware.reachable("127.0.0.1", port)


def test_an_unknown_host_is_not_reachable(direct, monkeypatch):
    def unknown(address, timeout):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    assert not hardware.reachable("no.such.host")


def test_a_host_is_asked_once_a_minute(direct, monkeypatch):
    asked = []

    def refuse(address, timeout):
        asked.append((address, timeout))
        raise OSError

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(hardware.time, "monotonic", lambda: 60.0)
    assert not hardware.reachable("a.host")
    assert not hardware.reachable("a.host")
    assert asked == [(("a.host", 443), 1.0)]
    monkeypatch.setattr(hardware.time, "monotonic", lambda: 121.0)
    assert not hardware.reachable("a.host")
    assert len(asked) == 2


def test_behind_a_proxy_the_answer_is_hopeful(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert hardware.reachable("no.such.host")
