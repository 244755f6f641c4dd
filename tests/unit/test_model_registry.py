"""Models are whole or not there; what is not what was saved is never used; one is promoted at a time."""

import os
import shutil
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from actors.signal.models.disk import read_file
from actors.signal.models.meta import Calibration, ModelMeta
from actors.signal.models.registry import ModelRegistry, new_model_id
from config.errors import ConflictError, NotFoundError
from config.signal_errors import ModelError
from tests.unit.model_files import made_meta
from tests.unit.walks import NAME

FILES = {"model.json": b"{}", "notes.txt": b"how it was made"}
PLACE = (NAME, "1m", "gbt")


@pytest.fixture
def registry(tmp_path):
    return ModelRegistry(tmp_path / "models")


def filled(registry, *ids):
    for number, model_id in enumerate(ids):
        registry.save(made_meta(model_id, created_ms=number), FILES)
    return registry


def folder_of(registry, model_id):
    return registry.folder / NAME / "1m" / "gbt" / model_id


def test_a_saved_model_comes_back_as_it_was(registry):
    meta = registry.save(made_meta("a", calibration=Calibration(kind="platt", a=0.7, b=0.1)), FILES)

    assert sorted(meta.files) == sorted(FILES)
    again = ModelRegistry(registry.folder)
    assert again.get("a") == meta
    assert {name: again.read(meta, name) for name in meta.files} == FILES
    assert again.models() == [meta]


def test_nothing_is_there_before_the_first(registry):
    assert registry.current(*PLACE) is None
    assert registry.models() == []
    assert registry.history(*PLACE) == ()
    assert registry.version() == registry.version()
    with pytest.raises(NotFoundError):
        registry.get("a")
    assert not registry.folder.exists()


def test_saving_promotes_nothing(registry):
    filled(registry, "a")

    assert registry.current(*PLACE) is None


def test_an_id_is_given_once(registry):
    filled(registry, "a")

    with pytest.raises(ConflictError, match="a model a already"):
        registry.save(made_meta("a", interval="5m"), FILES)


def test_ids_differ_and_are_allowed(registry):
    ids = {new_model_id("gbt") for _ in range(20)}

    assert len(ids) == 20
    filled(registry, *ids)


def test_models_are_found_by_what_is_asked(registry):
    filled(registry, "a", "b")
    registry.save(made_meta("c", interval="1M", created_ms=9), FILES)
    registry.save(made_meta("d", instrument_id="ETH-USDT.SIM", kind="lstm", created_ms=8), FILES)

    assert [meta.id for meta in registry.models()] == ["c", "d", "b", "a"]
    assert [meta.id for meta in registry.models(NAME, "1m")] == ["b", "a"]
    assert [meta.id for meta in registry.models(interval="1M")] == ["c"]
    assert [meta.id for meta in registry.models(kind="lstm")] == ["d"]


class TestPromotion:
    def test_it_is_seen_at_once_and_by_others(self, registry):
        filled(registry, "a", "b")
        other = ModelRegistry(registry.folder)
        assert other.current(*PLACE) is None
        seen = {registry.version()}, {other.version()}

        for model_id in ("a", "b"):
            registry.promote(model_id)
            seen[0].add(registry.version())
            seen[1].add(other.version())
            assert registry.current(*PLACE).id == other.current(*PLACE).id == model_id

        assert (len(seen[0]), len(seen[1])) == (3, 3)
        assert ModelRegistry(registry.folder).current(*PLACE).id == "b"

    def test_two_in_one_moment_of_the_disk_are_seen_too(self, registry):
        other = ModelRegistry(filled(registry, "a", "b").folder)
        for model_id in ("a", "b"):
            registry.promote(model_id)
            os.utime(registry.folder / "CHANGED", ns=(7, 7))
            assert other.current(*PLACE).id == model_id

    def test_of_another_interval_or_kind_nothing_changes(self, registry):
        filled(registry, "a").promote("a")

        assert registry.current(NAME, "5m", "gbt") is None
        assert registry.current(NAME, "1m", "lstm") is None
        assert registry.current("ETH-USDT.SIM", "1m", "gbt") is None

    def test_one_that_is_not_better_is_refused_with_its_reason(self, registry):
        registry.save(made_meta("a", is_promotable=False, reason="log-loss 0.70 against 0.69"), FILES)

        with pytest.raises(ConflictError, match=r"log-loss 0\.70 against 0\.69"):
            registry.promote("a")
        assert registry.current(*PLACE) is None
        assert registry.promote("a", force=True).id == "a"

    def test_rollback_goes_back_one_by_one(self, registry):
        filled(registry, "a", "b", "c")
        for model_id in ("a", "b", "c"):
            registry.promote(model_id)

        assert [registry.rollback(*PLACE).id for _ in range(2)] == ["b", "a"]
        with pytest.raises(NotFoundError, match="no earlier gbt model"):
            registry.rollback(*PLACE)
        assert registry.current(*PLACE).id == "a"
        registry.promote("c")
        assert registry.rollback(*PLACE).id == "a"
        assert [(one.id, one.action) for one in registry.history(*PLACE)] == [
            ("a", "promote"),
            ("b", "promote"),
            ("c", "promote"),
            ("b", "rollback"),
            ("a", "rollback"),
            ("c", "promote"),
            ("a", "rollback"),
        ]

    def test_the_same_one_twice_is_one_step_back(self, registry):
        filled(registry, "a", "b")
        for model_id in ("a", "b", "b"):
            registry.promote(model_id)

        assert registry.rollback(*PLACE).id == "a"

    def test_one_whose_file_was_changed_is_not_promoted(self, registry):
        filled(registry, "a", "b").promote("a")
        (folder_of(registry, "b") / "model.json").write_bytes(b"[]")

        with pytest.raises(ModelError, match="SHA-256"):
            registry.promote("b")
        assert registry.current(*PLACE).id == "a"

    def test_many_at_once_leave_one(self, registry):
        ids = [f"m{i}" for i in range(8)]
        filled(registry, *ids)
        threads = [threading.Thread(target=ModelRegistry(registry.folder).promote, args=(name,)) for name in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        history = registry.history(*PLACE)
        assert sorted(one.id for one in history) == ids
        assert registry.current(*PLACE).id == history[-1].id


class TestCleanup:
    def test_the_promoted_stays_with_those_before_and_the_newest(self, registry):
        ids = [f"m{i:02}" for i in range(12)]
        filled(registry, *ids)
        for model_id in ids[:6]:
            registry.promote(model_id)

        assert registry.cleanup(keep=2) == ["m00", "m01", "m02", "m06", "m07", "m08", "m09"]
        assert [meta.id for meta in registry.models()] == ["m11", "m10", "m05", "m04", "m03"]
        assert registry.current(*PLACE).id == "m05"
        assert registry.rollback(*PLACE).id == "m04"

    @pytest.mark.parametrize(("keep", "left"), [(0, ["c"]), (1, ["b", "c", "e"]), (9, ["a", "b", "c", "d", "e"])])
    def test_any_number_is_kept(self, registry, keep, left):
        filled(registry, "a", "b", "c", "d", "e")
        for model_id in ("a", "b", "c"):
            registry.promote(model_id)

        registry.cleanup(keep)

        assert sorted(meta.id for meta in registry.models()) == left

    def test_a_rollback_over_what_is_gone_takes_the_one_before(self, registry):
        filled(registry, "a", "b", "c")
        for model_id in ("a", "b", "c"):
            registry.promote(model_id)
        for path in folder_of(registry, "b").iterdir():
            path.unlink()
        folder_of(registry, "b").rmdir()

        assert registry.rollback(*PLACE).id == "a"

    def test_what_an_ended_process_left_is_removed(self, registry):
        filled(registry, "a")
        left = folder_of(registry, "a").with_name(".new-half")
        left.mkdir()
        (left / "model.json").write_bytes(b"{")

        assert [meta.id for meta in registry.models()] == ["a"]
        registry.cleanup()
        assert not left.exists()


class TestDistrust:
    @pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"id": "a"}'])
    def test_what_is_known_of_a_model_must_be_whole(self, registry, content):
        filled(registry, "a", "b").promote("a")
        (folder_of(registry, "a") / "meta.json").write_bytes(content)

        assert ModelRegistry(registry.folder).current(*PLACE) is None
        assert [meta.id for meta in registry.models()] == ["b"]
        with pytest.raises(ModelError, match=r"meta\.json"):
            registry.get("a")

    def test_a_promotion_that_cannot_be_read_is_none(self, registry):
        filled(registry, "a").promote("a")
        (folder_of(registry, "a").parent / "CURRENT").write_bytes(b'{"id": "../../a"}')

        assert ModelRegistry(registry.folder).current(*PLACE) is None
        registry.promote("a")
        assert registry.current(*PLACE).id == "a"

    def test_a_model_under_a_name_that_is_not_its_own(self, registry):
        filled(registry, "a")
        folder_of(registry, "a").rename(folder_of(registry, "b"))

        with pytest.raises(ModelError, match="another model"):
            registry.get("b")

    def test_links_are_not_followed(self, registry, tmp_path):
        filled(registry, "a", "b", "c").promote("a")
        aside = tmp_path / "aside"
        folder_of(registry, "a").rename(aside)
        folder_of(registry, "a").symlink_to(aside)
        model = folder_of(registry, "b") / "model.json"
        model.rename(tmp_path / "model.json")
        model.symlink_to(tmp_path / "model.json")

        assert ModelRegistry(registry.folder).current(*PLACE) is None
        assert [meta.id for meta in registry.models()] == ["c", "b"]
        with pytest.raises(ModelError):
            registry.read(registry.get("b"), "model.json")
        slot = folder_of(registry, "c").parent
        slot.rename(tmp_path / "slot")
        slot.symlink_to(tmp_path / "slot")
        assert registry.models() == []
        with pytest.raises(ModelError, match="links are not followed"):
            registry.read(made_meta("c", files={"model.json": "0" * 64}), "model.json")

    def test_what_is_no_file_does_not_hang(self, registry):
        filled(registry, "a")
        model = folder_of(registry, "a") / "model.json"
        model.unlink()
        os.mkfifo(model)

        with pytest.raises(ModelError, match="expected a file"):
            registry.read(registry.get("a"), "model.json")
        assert stat.S_ISFIFO(model.stat().st_mode)

    def test_a_giant_is_not_read(self, registry):
        filled(registry, "a")
        with (folder_of(registry, "a") / "model.json").open("wb") as file:
            file.truncate(1 << 40)

        with pytest.raises(ModelError, match="at most"):
            registry.read(registry.get("a"), "model.json")

    @pytest.mark.parametrize(
        "name", ["../a", "..", ".", "", "/etc/passwd", "a/b", "a\x00", "a\n", "x" * 200, "CURRENT"]
    )
    def test_names_cannot_lead_out(self, registry, name):
        filled(registry, "a").promote("a")

        for call in (registry.get, registry.promote):
            with pytest.raises(NotFoundError):
                call(name)
        with pytest.raises(ModelError):
            registry.read(registry.get("a"), name)
        if name != "CURRENT":
            with pytest.raises(ModelError):
                registry.current(name, "1m", "gbt")
            with pytest.raises(ModelError):
                registry.history(NAME, name, "gbt")
        for changed in ({"id": f"../{name}"}, {"instrument_id": f"{name}/.."}, {"kind": f"{name}.."}):
            with pytest.raises(ModelError):
                registry.save(made_meta("b", **({"id": "b"} | changed)), FILES)

    @pytest.mark.parametrize(
        "name", ["../model.json", ".model.json", "model", "meta.json", "MODEL.json", "model.json\n"]
    )
    def test_names_of_files_are_checked(self, registry, name):
        with pytest.raises(ModelError):
            registry.save(made_meta("a"), {name: b""})
        assert registry.models() == []

    def test_numbers_that_json_does_not_have_are_not_saved(self, registry):
        with pytest.raises(ModelError):
            registry.save(made_meta("a", calibration=Calibration(a=float("nan"))), FILES)


class TestSeal:
    def test_only_sealed_models_are_believed(self, tmp_path):
        ours, theirs = ModelRegistry(tmp_path, b"k" * 32), ModelRegistry(tmp_path)
        filled(ours, "a").promote("a")
        filled(theirs, "b")
        theirs.promote("b")

        assert ModelRegistry(tmp_path, b"k" * 32).current(*PLACE) is None
        with pytest.raises(ModelError, match=r"meta\.hmac"):
            ours.promote("b")
        assert ours.rollback(*PLACE).id == "a"
        assert ModelRegistry(tmp_path, b"other").current(*PLACE) is None

    def test_a_changed_word_breaks_the_seal(self, tmp_path):
        ours = filled(ModelRegistry(tmp_path, b"k" * 32), "a")
        path = folder_of(ours, "a") / "meta.json"
        changed = msgspec.structs.replace(msgspec.json.decode(path.read_bytes(), type=ModelMeta), rows=7)
        path.write_bytes(msgspec.json.encode(changed))

        with pytest.raises(ModelError, match="not sealed"):
            ours.get("a")


def test_a_disk_that_refuses_is_told(tmp_path):
    (tmp_path / "models").write_bytes(b"a file")

    with pytest.raises(ModelError, match="cannot be written"):
        ModelRegistry(tmp_path / "models").save(made_meta("a"), FILES)


def test_a_folder_in_place_of_a_file_costs_its_model_alone(registry):
    filled(registry, "a", "b")
    meta = folder_of(registry, "b") / "meta.json"
    meta.unlink()
    meta.mkdir()

    assert [one.id for one in registry.models()] == ["a"]
    with pytest.raises(ModelError, match=r"meta\.json: expected a file"):
        registry.get("b")


def test_refused_models_that_are_gone_from_the_disk_are_forgotten(registry):
    for number in range(5):
        filled(registry, f"m{number}")
        (folder_of(registry, f"m{number}") / "meta.json").write_bytes(b"{")
        assert registry.models() == []
        shutil.rmtree(folder_of(registry, f"m{number}"))

    assert len(registry._shelf._told) == 1


def test_a_file_that_the_disk_cannot_give_is_said():
    memory = Path("/proc/self/mem")  # its first bytes cannot be read: an input/output error
    with pytest.raises(ModelError, match="mem cannot be read: Input/output error"):
        read_file(memory.parent, memory, 100)


@pytest.mark.parametrize("changed", [{"created_ms": 10**18}, {"trained_to_ms": -(10**30)}, {"rows": 10**40}])
def test_numbers_that_no_calendar_knows_are_refused(registry, changed):
    with pytest.raises(ModelError, match=r"Expected `int`"):
        registry.save(made_meta("a", **changed), FILES)
