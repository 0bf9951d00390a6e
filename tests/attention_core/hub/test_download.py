"""Downloads from a local hub: results, errors and their messages, and resuming."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import attention_core as ac
from attention_core import loading
from attention_core.errors import (
    AccessError,
    CheckpointError,
    DigestError,
    DiskError,
    DownloadCancelled,
    DownloadError,
    NotTheHubError,
    OfflineError,
    PickleError,
    UnknownModelError,
    UnsupportedConfigError,
)
from attention_core.hub import download, progress
from attention_core.hub.catalogue import CATALOGUE
from attention_core.hub.errors import hub_errors
from tests.hub import COMMIT, FILES, Hub, environment, sibling, tiny_files
from tests.paths import BERT, ROOT

NAME = "tiny/bert"
WEIGHTS = "model.safetensors"
SIZE_OF_OTHERS = sum((BERT / file).stat().st_size for file in (loading.CONFIG, loading.TOKENIZER, loading.SETTINGS))
SIZE = (BERT / WEIGHTS).stat().st_size


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with Hub(repos={NAME: tiny_files()}).running() as running:
        running.use(monkeypatch, tmp_path / "cache")
        yield running


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "models--tiny--bert"


def partials(cache):
    return [path.stat().st_size for path in (cache / "blobs").glob("*.incomplete")]


def test_a_model_is_downloaded_once(hub, cache):
    assert loading.local_folder(NAME) is None
    model = ac.load(NAME)
    np.testing.assert_array_equal(model.trace(ids=[3, 5]).contextual, ac.load(BERT).trace(ids=[3, 5]).contextual)
    assert hub.gets(WEIGHTS) == [None]
    assert (cache / "refs" / "main").read_text() == COMMIT
    assert loading.local_folder(NAME) == cache / "snapshots" / COMMIT
    asked = len(hub.asked)
    ac.load(NAME)
    assert len(hub.asked) == asked


def test_a_catalogue_name_is_downloaded_by_its_hub_id(hub, monkeypatch):
    entry = CATALOGUE["minilm"]
    monkeypatch.setattr(loading, "from_distribution", lambda name: None)
    hub.repos[entry.hub_id] = tiny_files()
    digest = hashlib.sha256(hub.repos[entry.hub_id][WEIGHTS]).hexdigest()
    with pytest.raises(DigestError, match=rf"not the expected file: its SHA-256 is {digest}, not 53aa5117"):
        ac.load("minilm")
    assert hub.gets(WEIGHTS) == [None]


@pytest.mark.parametrize("revision", ["main", "v1", COMMIT])
def test_a_revision(hub, revision):
    assert ac.load(f"{NAME}@{revision}").name == f"{NAME}@{revision}"
    assert any(one.path == f"/api/models/{NAME}/revision/{revision}" for one in hub.asked)
    assert loading.local_folder(f"{NAME}@{revision}") is not None


def test_shards_are_downloaded(hub, tmp_path):
    tensors = load_file(BERT / WEIGHTS)
    files = hub.repos[NAME]
    del files[WEIGHTS]
    places = {}
    for i, names in enumerate((sorted(tensors)[::2], sorted(tensors)[1::2])):
        save_file({name: tensors[name] for name in names}, tmp_path / "shard")
        files[f"model-{i}.safetensors"] = (tmp_path / "shard").read_bytes()
        places |= dict.fromkeys(names, f"model-{i}.safetensors")
    files["model.safetensors.index.json"] = json.dumps({"weight_map": places}).encode()
    told = []
    model = ac.load(NAME, progress=told.append)
    np.testing.assert_array_equal(model.trace(ids=[3, 5]).contextual, ac.load(BERT).trace(ids=[3, 5]).contextual)
    assert told[-1].done == told[-1].total == sum(map(len, files.values()))


def test_progress_has_bytes_speed_and_remaining_time(hub, monkeypatch):
    monkeypatch.setattr(progress, "REPORT_EVERY", 0)
    hub.rate = 400_000
    told = []
    ac.load(NAME, progress=told.append)
    done = [one.done for one in told]
    assert done == sorted(done)
    size = sum(map(len, hub.repos[NAME].values()))
    assert told[-1].done == told[-1].total == loading.download_plan(NAME).size == size
    middle = next(one for one in told if one.done > told[-1].total / 2)
    assert middle.file == WEIGHTS
    assert 100_000 < middle.speed < 500_000
    assert middle.seconds_left == pytest.approx((middle.total - middle.done) / middle.speed)
    assert progress.Progress("a", 1, 2, 0.0).seconds_left is None


def test_an_interrupted_download_is_resumed(hub):
    hub.breaks[WEIGHTS] = [60_000, 20_000]
    ac.load(NAME)
    assert hub.gets(WEIGHTS) == [None, "bytes=60000-", "bytes=80000-"]


def test_a_hub_that_ignores_ranges(hub):
    hub.whole, hub.breaks[WEIGHTS] = True, [60_000]
    ac.load(NAME)
    assert hub.gets(WEIGHTS) == [None, "bytes=60000-"]


def test_after_too_many_interruptions_the_next_load_resumes(hub, cache):
    hub.breaks[WEIGHTS] = [70_000] + [0] * download.MAX_ATTEMPTS
    said = r"model\.safetensors was interrupted after 70\.0 kB of 139\.1 kB\. Try again"
    with pytest.raises(DownloadError, match=said):
        ac.load(NAME)
    assert partials(cache) == [70_000]
    assert loading.download_plan(NAME).downloaded == SIZE_OF_OTHERS + 70_000
    assert loading.local_folder(NAME) is None
    ac.load(NAME)
    assert hub.gets(WEIGHTS)[-1] == "bytes=70000-"
    assert partials(cache) == []


@pytest.mark.parametrize("stop", ["false", "raise"])
def test_a_cancelled_download_stops_and_is_resumed(hub, cache, monkeypatch, stop):
    monkeypatch.setattr(progress, "REPORT_EVERY", 0)
    hub.rate = 1_000_000

    def tell(now):
        if now.file == WEIGHTS and now.done > 60_000:
            if stop == "raise":
                raise KeyboardInterrupt
            return False
        return None

    with pytest.raises(DownloadCancelled if stop == "false" else KeyboardInterrupt):
        ac.load(NAME, progress=tell)
    (kept,) = partials(cache)
    assert 50_000 < kept < SIZE
    hub.rate = None
    ac.load(NAME)
    assert hub.gets(WEIGHTS) == [None, f"bytes={kept}-"]


def test_a_partial_file_that_is_too_long_is_downloaded_anew(hub, cache):
    plan = loading.download_plan(NAME)
    weights = plan.subset(WEIGHTS).files[0]
    plan.partial(weights).parent.mkdir(parents=True)
    plan.partial(weights).write_bytes(bytes(SIZE + 1))
    ac.load(NAME)
    assert hub.gets(WEIGHTS) == [None]


@pytest.mark.parametrize("file", [WEIGHTS, "tokenizer.json"])
def test_a_wrong_digest_names_both_and_removes_the_file(hub, cache, file):
    right = hub.repos[NAME][file]
    hub.altered[file] = right[:-1] + bytes([right[-1] ^ 1])
    said = rf"{file} was corrupted on the way: its digest is [0-9a-f]+, not [0-9a-f]+"
    with pytest.raises(DigestError, match=said) as raised:
        ac.load(NAME)
    assert {len(word.strip(".,")) for word in str(raised.value).split()} & {40, 64}
    assert partials(cache) == []
    hub.altered.clear()
    assert ac.load(NAME).config.n_layers == 3


def test_more_bytes_than_expected_are_not_kept(hub):
    hub.altered[WEIGHTS] = b"\0" * (SIZE * 2)
    with pytest.raises((DigestError, DownloadError)):
        ac.load(NAME)


@pytest.mark.parametrize(
    ("status", "code", "error", "said"),
    [
        (404, "RepoNotFound", UnknownModelError, "The hub has no model tiny/bert. Check its spelling"),
        (401, "RepoNotFound", AccessError, "no public model tiny/bert.*HF_TOKEN"),
        (401, "", AccessError, "no public model tiny/bert.*HF_TOKEN"),
        (403, "GatedRepo", AccessError, "tiny/bert is gated: accept its terms at http.*/tiny/bert.*HF_TOKEN"),
        (401, "GatedRepo", AccessError, "tiny/bert is gated.*HF_TOKEN"),
        (403, "", AccessError, "HF_TOKEN"),
        (403, "Access to this resource is disabled.", AccessError, "The hub has disabled tiny/bert"),
        (400, "", DownloadError, "error 400"),
        (429, "", DownloadError, "too many requests"),
        (500, "", DownloadError, "error 500"),
        (503, "", DownloadError, "error 503"),
    ],
)
def test_refusals_of_the_hub_are_reported(hub, status, code, error, said):
    hub.refused[NAME] = status, code
    with pytest.raises(error, match=said):
        ac.load(NAME)


def described(file=None, **change):
    """The hub's description of the stored model, with changes to it and to each file."""
    siblings = [sibling(*item) | (file or {}) for item in tiny_files().items()]
    return json.dumps({"id": NAME, "sha": COMMIT, "siblings": siblings} | change).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Log in to the guests' network</html>"), (200, b""), (204, b""), (301, b""), (200, b"\xff"),
        (200, b"{}"), (200, b"[]"), (200, b"null"), (200, described(sha=None)), (200, described(sha="../../evil")),
        (200, described(siblings=[7])), (200, described(siblings=7)),
    ],
)  # fmt: skip
def test_answers_from_elsewhere_are_reported(hub, status, body):
    hub.portal = status, body
    with pytest.raises(NotTheHubError, match="did not come from the model hub"):
        ac.load(NAME)


@pytest.mark.parametrize("file", [{"size": "many"}, {"size": -5}, {"size": None}, {"blobId": 7}, {"blobId": "../x"}])
def test_an_invalid_size_or_digest_from_the_hub(hub, file):
    hub.portal = 200, described(file=file | {"lfs": None})
    with pytest.raises(DownloadError, match=r"gives no size and digest for config\.json"):
        ac.load(NAME)


def test_a_gated_model_whose_list_of_files_is_public(hub):
    plan = loading.download_plan(NAME)
    hub.refused[NAME] = 403, "GatedRepo"
    with pytest.raises(AccessError, match="is gated"):
        loading.download(plan)


def test_a_token_is_sent_only_to_the_hub(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    ac.load(NAME)
    assert {one.token for one in hub.asked if one.host == "hub"} == {"Bearer hf_secret"}
    assert {one.token for one in hub.asked if one.host == "store"} == {None}
    hub.refused["other/model"] = 401, ""
    with pytest.raises(AccessError, match=r"The token in use has no access to other/model.*HF_TOKEN"):
        ac.load("other/model")


def test_an_unknown_revision(hub):
    with pytest.raises(UnknownModelError, match="no revision 'v9'"):
        ac.load(f"{NAME}@v9")


def test_a_file_that_was_deleted_meanwhile(hub):
    plan = loading.download_plan(NAME)
    del hub.repos[NAME][WEIGHTS]
    with pytest.raises(CheckpointError, match="no longer on the hub"):
        loading.download(plan)


def test_a_file_that_is_missing_is_named(hub):
    del hub.repos[NAME][loading.CONFIG]
    with pytest.raises(CheckpointError, match=f"has no {loading.CONFIG}"):
        ac.load(NAME)


def test_a_vocabulary_in_another_format_is_downloaded_with_its_settings(hub):
    files = hub.repos[NAME]
    vocabulary = json.loads(files.pop("tokenizer.json"))["model"]["vocab"]
    files["vocab.txt"] = "\n".join(vocabulary).encode()
    files["tokenizer_config.json"] = b'{"tokenizer_class": "BertTokenizer", "do_lower_case": false}'
    pieces = [token.piece for token in ac.load(NAME).tokenizer.encode("w7 W7")]
    assert pieces == ["[CLS]", "w7", "[UNK]", "[SEP]"]
    assert hub.gets("vocab.txt") == hub.gets("tokenizer_config.json") == [None]


@pytest.mark.parametrize("removed", [["tokenizer_config.json"], ["tokenizer_config.json", "tokenizer.json"]])
def test_files_that_the_hub_does_not_have_are_not_asked_for_again(hub, removed):
    for file in removed:
        del hub.repos[NAME][file]
    ids = ac.load(NAME).trace(ids=[1, 2]).ids
    hub.asked.clear()
    assert ac.load(NAME).trace(ids=[1, 2]).ids == ids
    assert hub.asked == []


def test_a_cached_model_without_its_tokenizers_settings_is_completed(hub, cache):
    ac.load(NAME)
    (cache / "snapshots" / COMMIT / "tokenizer_config.json").unlink()
    assert loading.local_folder(NAME) is None
    assert loading.download_plan(NAME).remaining == 0
    ac.load(NAME)
    assert loading.local_folder(NAME) is not None


def test_only_pickles_are_refused_before_anything_is_downloaded(hub):
    files = hub.repos[NAME]
    files["pytorch_model.bin"] = files.pop(WEIGHTS)
    with pytest.raises(PickleError, match=r"The only weights are pytorch_model\.bin, a pickle, which can run any code"):
        ac.load(NAME)
    assert hub.gets("config.json") == []


def test_an_unsupported_family_is_refused_before_its_weights_are_downloaded(hub):
    hub.repos[NAME]["config.json"] = json.dumps({"model_type": "martian"}).encode()
    with pytest.raises(UnsupportedConfigError, match="martian"):
        ac.load(NAME)
    assert hub.gets(WEIGHTS) == []


def test_offline_by_choice(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(OfflineError, match="not on this machine, and HF_HUB_OFFLINE forbids"):
        ac.load(NAME)
    assert hub.asked == []


def test_offline_with_the_model_in_the_cache(hub, monkeypatch):
    ac.load(NAME)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert ac.load(NAME).config.n_heads == 5


def test_an_unreachable_hub(monkeypatch, tmp_path):
    hub = Hub()
    with hub.running():
        pass
    hub.use(monkeypatch, tmp_path)
    with pytest.raises(OfflineError, match="the model hub cannot be reached"):
        ac.load(NAME)


def test_a_hub_that_becomes_unreachable_halfway(hub, monkeypatch):
    plan = loading.download_plan(NAME)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", "http://127.0.0.1:9/{repo_id}")
    with pytest.raises(DownloadError, match=r"config\.json was interrupted after 0\.0 kB of 0\.7 kB"):
        loading.download(plan)


def test_a_disk_that_is_too_small_is_reported_in_advance(hub, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=SIZE - 1))
    with pytest.raises(DiskError, match=r"full: 140\.3 kB are needed, 139\.1 kB are free.*HF_HOME"):
        ac.load(NAME)
    assert hub.gets("tokenizer.json") == hub.gets(WEIGHTS) == []


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "full.*HF_HOME"), (errno.EROFS, "cannot be used: Read-only.*HF_HOME")]
)
def test_a_disk_that_fails_during_writing(hub, monkeypatch, number, said):
    opened = Path.open

    def refuse(self, mode="r", *rest, **options):
        if mode in ("ab", "wb") and self.suffix == ".incomplete":
            raise OSError(number, os.strerror(number))
        return opened(self, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DiskError, match=said):
        ac.load(NAME)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "full: a quota may be reached"), (errno.EACCES, "cannot be used: Permission")],
)
def test_a_disk_that_fails_to_create_links(hub, monkeypatch, number, said):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("huggingface_hub.file_download._create_symlink", refuse)
    with pytest.raises(DiskError, match=said):
        ac.load(NAME)


def test_an_invalid_cache_folder(hub, cache):
    cache.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(COMMIT)
    (cache / "snapshots").write_text("")
    with pytest.raises(DiskError, match=r"cannot be used: Not a directory\."):
        ac.load(NAME)


@pytest.mark.parametrize("file", FILES)
def test_a_corrupted_file_in_the_cache_is_downloaded_anew_by_the_next_load(hub, cache, file):
    ac.load(NAME)
    content = (cache / "snapshots" / COMMIT / file).resolve()
    raw = content.read_bytes()
    content.write_bytes(raw[: min(300, len(raw) // 2)])
    with pytest.raises(CheckpointError, match=rf"{file} is .* has been removed: load the model again"):
        ac.load(NAME)
    assert loading.local_folder(NAME) is None
    others = {each: hub.gets(each) for each in FILES if each != file}
    assert ac.load(NAME).config.n_layers == 3
    assert {each: hub.gets(each) for each in others} == others


def test_an_unreadable_file_with_the_right_digest_stays_in_the_cache(hub, cache):
    hub.repos[NAME]["tokenizer.json"] = b"{}"
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"tokenizer\.json is not a tokenizer: (?!.*removed)"):
            ac.load(NAME)
    assert hub.gets("tokenizer.json") == [None]


def test_a_file_of_the_wrong_size_is_downloaded_again(hub):
    ac.load(NAME)
    plan = loading.download_plan(NAME)
    plan.blob(plan.subset(WEIGHTS).files[0]).write_bytes(b"short")
    assert (plan.downloaded, plan.remaining) == (SIZE_OF_OTHERS, SIZE)
    download.fetch(plan)
    assert ac.load(NAME).config.n_layers == 3


def test_a_corrupted_index_in_the_cache_is_downloaded_anew(hub, cache):
    files = hub.repos[NAME]
    files["model-1.safetensors"] = files.pop(WEIGHTS)
    names = load_file(BERT / WEIGHTS)
    files["model.safetensors.index.json"] = json.dumps(
        {"weight_map": dict.fromkeys(names, "model-1.safetensors")}
    ).encode()
    ac.load(NAME)
    (cache / "snapshots" / COMMIT / "model.safetensors.index.json").resolve().write_text('{"weight_map": {')
    assert loading.local_folder(NAME) is None
    assert ac.load(NAME).config.n_layers == 3


def test_waiting_for_another_download_reports_its_progress_and_can_be_cancelled(hub, monkeypatch):
    monkeypatch.setattr(progress, "REPORT_EVERY", 0)
    monkeypatch.setattr(download, "LOCK_TIMEOUT", 0.01)
    plan = loading.download_plan(NAME).subset(WEIGHTS)
    file, told = plan.files[0], []

    def stop(now):
        told.append((now.file, now.done))
        plan.partial(file).write_bytes(bytes(1000 * len(told)))
        return len(told) < 4

    for folder in (plan.blobs, plan.lock(file).parent):
        folder.mkdir(parents=True)
    with download.lock_file(plan, file, progress.Meter(plan.size, None)), pytest.raises(DownloadCancelled):
        download.fetch(plan, stop)
    assert told == [(WEIGHTS, done) for done in (0, 1000, 2000, 3000)]
    plan.partial(file).unlink()
    assert (download.fetch(plan) / WEIGHTS).is_file()


def test_the_hubs_environment_variables_are_used(hub, tmp_path):
    """In another process: endpoint, cache folder and token from the environment; no progress bar on a pipe."""
    code = f"import attention_core as ac; print(ac.load({NAME!r}).config.d_model)"
    env = os.environ | environment(hub, tmp_path / "home") | {"HF_TOKEN": "hf_mine"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("35\n", "", 0)
    assert {one.token for one in hub.asked if one.host == "hub"} >= {"Bearer hf_mine"}
    assert (tmp_path / "home" / "hub" / "models--tiny--bert" / "refs" / "main").is_file()


def test_the_default_model_is_loaded_without_importing_the_hub_client():
    code = (
        "import sys, attention_core as ac\n"
        "ac.load('minilm')\n"
        "assert not {'huggingface_hub', 'httpx2', 'tqdm'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def test_the_terminal_shows_a_progress_bar(hub, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    draw = progress.terminal_bar()
    for done in (10, 30):
        draw(progress.Progress(WEIGHTS, done, 30, 5.0))
    assert f"{WEIGHTS}: 100%" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0.0 kB"), (139_136, "139.1 kB"), (91_335_235, "91.3 MB"), (2_470_000_000, "2.5 GB")]
)
def test_sizes_are_formatted_in_a_fitting_unit(size, said):
    assert progress.format_size(size) == said


def test_progress_is_not_reported_too_often(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    told = []
    meter = progress.Meter(1000, told.append)
    for i in range(1, 101):
        now[0] += 0.01
        meter.update("a", 5 * i, 5)
    assert 9 <= len(told) <= 10
    assert told[-1].speed == pytest.approx(500)
    now[0] += 60
    meter.update("a", 500)
    assert told[-1].speed == pytest.approx(0)
    assert told[-1].seconds_left is None
    meter.finish("a", 500)
    now[0] += 1
    meter.update("b", 100, 100)
    assert told[-1].done == 600


def test_a_panic_of_the_hub_clients_rust_code_is_a_failed_download():
    panic = type("PanicException", (BaseException,), {})
    with pytest.raises(DownloadError, match=f"The download of {NAME} failed: oops"), hub_errors(NAME, "main"):
        raise panic("oops")
    with pytest.raises(KeyboardInterrupt), hub_errors(NAME, "main"):
        raise KeyboardInterrupt
