import contextlib
import http.server
import mmap
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from ftcore import hardware


@pytest.fixture
def forgotten(monkeypatch):
    """No answer remembered from another test, and no proxy between the test and its own little server."""
    monkeypatch.setattr(hardware, "_questions", {})
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def network(monkeypatch, forgotten):
    """A network whose hosts answer as the test says: True, False, or an Event that they wait for."""
    hosts, asked = {}, []

    def open_(request, timeout):
        asked.append(request.full_url)
        answer = hosts.get(request.full_url, False)
        if isinstance(answer, threading.Event):
            answer.wait(10)
        elif not answer:
            raise OSError("no network")
        return contextlib.nullcontext()

    monkeypatch.setattr(urllib.request, "urlopen", open_)
    return SimpleNamespace(hosts=hosts, asked=asked)


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


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this system shares among processes only")
def test_a_nice_process_lowers_its_session_too_where_the_system_shares_among_sessions():
    code = "from ftcore import hardware; hardware.be_nice(); print(open('/proc/self/autogroup').read())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, start_new_session=True
    )
    assert done.stdout.split()[-1] == str(hardware.NICENESS)


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


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


def test_a_server_that_answers_is_reachable(forgotten):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert hardware.reachable(f"http://127.0.0.1:{server.server_port}/")
        assert not hardware.reachable(f"http://127.0.0.1:{server.server_port}/no-such-file")
        server.shutdown()


def test_a_silent_host_is_not_reachable(forgotten):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not hardware.reachable(f"http://127.0.0.1:{port}/")


def test_a_host_without_a_scheme_is_asked_over_https(network):
    network.hosts["https://a.host"] = True
    assert hardware.reachable("a.host")


def test_a_host_that_hangs_keeps_nobody_waiting(network):
    network.hosts["https://slow.host"] = threading.Event()
    before = time.monotonic()
    assert not hardware.reachable("slow.host", wait=0.1)
    assert time.monotonic() - before < 5
    network.hosts["https://slow.host"].set()
    hardware._questions["https://slow.host"]._thread.join()
    assert hardware.reachable("slow.host")  # its late answer counts
    assert network.asked == ["https://slow.host"]


def test_a_host_is_asked_once_a_minute_and_the_old_answer_bridges_the_new_question(network, monkeypatch):
    network.hosts["https://a.host"] = True
    now = time.monotonic()
    assert hardware.reachable("a.host") and hardware.reachable("a.host")
    assert len(network.asked) == 1
    network.hosts["https://a.host"] = gone = threading.Event()
    monkeypatch.setattr(hardware.time, "monotonic", lambda: now + 61)
    assert hardware.reachable("a.host", wait=0)
    assert len(network.asked) == 2
    gone.set()


def test_several_hosts_are_asked_at_once(network):
    hosts = [f"https://host{i}" for i in range(3)]
    network.hosts |= {host: threading.Event() for host in hosts}
    hardware.ask(hosts)
    for _ in range(100):
        if len(network.asked) == 3:
            break
        time.sleep(0.02)
    assert sorted(network.asked) == hosts
    for host in hosts:
        network.hosts[host].set()


def test_a_graphics_card_shows_by_its_driver_or_on_an_apple_by_the_processor(monkeypatch):
    monkeypatch.setattr(hardware.sys, "platform", "linux")
    monkeypatch.setattr(hardware.Path, "exists", lambda path: str(path) == "/dev/nvidia0")
    assert hardware.has_gpu()
    monkeypatch.setattr(hardware.Path, "exists", lambda path: False)
    assert not hardware.has_gpu()
    monkeypatch.setattr(hardware.sys, "platform", "darwin")
    monkeypatch.setattr(hardware.platform, "machine", lambda: "arm64")
    assert hardware.has_gpu()


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="this system keeps mapped pages as it likes")
def test_pages_of_a_mapped_file_are_let_go_and_nothing_in_them_is_lost(tmp_path):
    array = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", np.uint8, (60_000_000,))
    array[:] = 7
    filled = hardware.memory_mb()
    hardware.release(array)
    assert hardware.memory_mb() < filled - 50
    assert array.min() == array.max() == 7
    assert np.load(tmp_path / "large.npy", mmap_mode="r").max() == 7


def test_an_array_that_is_not_mapped_is_left_alone():
    array = np.ones(3)
    hardware.release(array)
    assert array.tolist() == [1, 1, 1]
