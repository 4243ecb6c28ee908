"""What is found in the folders, archives and notebooks that students hand in."""

import bz2
import gzip
import io
import json
import os
import tarfile
import zipfile

import pytest

from gankit.errors import InputError
from gankit.grading import containers
from gankit.grading.notebooks import notebook_code
from gankit.grading.stage import Stage
from gankit.grading.submission import TASK_FILES, find_submissions, nearly, read_submission

CODE = "class Simple_GAN:\n    pass\n"


def write(folder, **files):
    """Write files whose names are given with `__` for a folder's slash and `_py` for the ending."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/").replace("_py", ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def zipped(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": cell.splitlines(True)} for cell in cells]})


def test_files_are_found_in_a_subfolder_with_what_stands_beside_them(tmp_path):
    write(tmp_path, my_work__simple_gan_py=CODE, my_work__helper_py="x = 1\n", readme="hello")
    found = read_submission(tmp_path)
    assert found.tasks == {1: "simple_gan.py"} and found.files["helper.py"] == b"x = 1\n"
    assert found.notes == ["Files were found in my_work."]


def test_a_file_that_is_there_twice_is_taken_from_the_outermost_folder(tmp_path):
    write(tmp_path, old__simple_gan_py="old = 1\n", simple_gan_py=CODE, b__a__wgan_gp_py="1\n", c__wgan_gp_py="2\n")
    found = read_submission(tmp_path)
    assert found.files["simple_gan.py"].decode() == CODE and found.files["wgan_gp.py"] == b"2\n"
    assert any("simple_gan.py was found 2 times" in note for note in found.notes)


@pytest.mark.parametrize("ending", [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2"])
def test_archives_are_read_and_never_unpacked(tmp_path, ending):
    files = {"project/0-simple_gan.py": CODE, "project/__pycache__/x.py": "no", "__MACOSX/._a.py": "no"}
    path = tmp_path / "ann" / f"work{ending}"
    if ending == ".zip":
        zipped(path, files)
    else:
        path.parent.mkdir()
        memory = io.BytesIO()
        with tarfile.open(fileobj=memory, mode="w") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        pack = {".tar.gz": gzip.compress, ".tgz": gzip.compress, ".tar.bz2": bz2.compress}.get(ending, bytes)
        path.write_bytes(pack(memory.getvalue()))
    for given, name in ((path.parent, "ann"), (path, "work")):
        found = read_submission(given)
        assert found.name == name and found.tasks == {1: "0-simple_gan.py"} and found.naming == "older"
        assert found.files["0-simple_gan.py"].decode() == CODE and not any(v == b"no" for v in found.files.values())
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_an_archive_s_paths_and_links_lead_nowhere(tmp_path):
    entries = {"../simple_gan.py": CODE, "/etc/wgan_clip.py": CODE, "C:/wgan_gp.py": CODE, "..\\wgan_gp.py": CODE}
    zipped(tmp_path / "a.zip", entries)
    link = zipfile.ZipInfo("face_generator.py")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", (tmp_path / "a.zip").read_bytes()[:0])
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        for kind, name in (
            (tarfile.SYMTYPE, "simple_gan.py"),
            (tarfile.LNKTYPE, "wgan_gp.py"),
            (tarfile.FIFOTYPE, "p"),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    found = read_submission(tmp_path)
    assert not found.tasks and not found.files and len(found.notes) == 8, found.notes
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "b.tar"}


def test_bombs_are_not_lit(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "LARGEST_ARCHIVE", 2_000_000)
    zipped(tmp_path / "large.zip", {"simple_gan.py": "#" * 1_500_000})
    zipped(tmp_path / "many.zip", {f"{number}.py": "1" for number in range(3000)})
    (tmp_path / "tar.tar.gz").write_bytes(gzip.compress(bytes(10_000_000)))
    (tmp_path / "huge.zip").write_bytes(bytes(2_100_000))
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 this is no archive")
    (tmp_path / "other.rar").write_bytes(b"Rar!")
    found = read_submission(tmp_path)
    assert not found.tasks and len(found.files) <= containers.MOST_FILES
    for word in ("large.zip/simple_gan.py", "tar.tar.gz", "huge.zip", "broken.zip", "other.rar", "Only the first"):
        assert sum(word in note for note in found.notes) == 1, (word, found.notes)


def test_names_that_a_disk_refuses_do_no_harm(tmp_path):
    files = {"simple_gan.py": CODE, "a": "x = 1\n", "a/b.py": "x = 1\n", "n" * 300 + ".py": "x = 1\n"}
    found = read_submission(zipped(tmp_path / "ann.zip", files))
    stage = Stage()
    folder = stage.new_folder(found.files, {})
    assert (folder / "simple_gan.py").read_text() == CODE and (folder / "a").read_text() == "x = 1\n"
    stage.remove()
    assert not stage.root.exists()


def test_an_entry_that_lies_about_its_size_is_left_out(tmp_path):
    zipped(tmp_path / "a.zip", {"simple_gan.py": "#" * 1_500_000})
    data = bytearray((tmp_path / "a.zip").read_bytes())
    place = data.rfind(b"PK\1\2")
    data[place + 24 : place + 28] = (100).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    found = read_submission(tmp_path)
    assert not found.tasks and found.notes


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("simple_gan (1).py", "simple_gan.py"),
        ("Simple_GAN.py", "simple_gan.py"),
        ("SimpleGAN_final.py", "simple_gan.py"),
        ("simpel_gan.py", "simple_gan.py"),
        ("Ann_120_simple_gan.py", "simple_gan.py"),
        ("Ann Lee_77_assignsubmission_file_0-simple_gan.py", "0-simple_gan.py"),
        ("Copy of 2-wgan_gp.py", "2-wgan_gp.py"),
        ("4-wgan_gp (2).py", "4-wgan_gp.py"),
        ("wgan-gp.py", "wgan_gp.py"),
        ("generate_faces.py", "3-generate_faces.py"),
        ("test_simple_gan.py", None),
        ("helpers.py", None),
    ],
)
def test_names_that_are_nearly_right(name, wanted):
    assert nearly(name) == wanted


def test_a_near_miss_is_named_and_taken_on_request(tmp_path):
    for number in (1, 2):
        (tmp_path / f"simple_gan ({number}).py").write_text(f"x = {number}\n")
    found = read_submission(tmp_path)
    assert not found.tasks
    assert found.near[1] == ("simple_gan (2).py was found: rename it to simple_gan.py, or grade it with --names loose.")
    found = read_submission(tmp_path, loose=True)
    assert found.tasks == {1: "simple_gan.py"} and found.files["simple_gan.py"] == b"x = 2\n"
    assert "simple_gan (2).py was graded as simple_gan.py." in found.notes


def test_a_single_file_is_a_submission_of_any_name(tmp_path):
    (tmp_path / "wgan_clip.py").write_text("x = 1\n")
    (tmp_path / "homework.py").write_text("from gankit.models import GAN\n" + CODE)
    (tmp_path / "old.py").write_text("class WGAN_GP:\n    def replace_weights(self, g, d):\n        pass\n")
    assert read_submission(tmp_path / "wgan_clip.py").tasks == {2: "wgan_clip.py"}
    found = read_submission(tmp_path / "homework.py")
    assert (found.name, found.tasks) == ("homework", {1: "simple_gan.py"}) and len(found.files) == 2
    assert read_submission(tmp_path / "old.py").tasks == {3: "2-wgan_gp.py", 6: "4-wgan_gp.py"}
    with pytest.raises(InputError, match="nowhere"):
        read_submission(tmp_path / "nowhere")


def test_a_notebook_s_code_can_be_imported_without_training(tmp_path):
    text = notebook(
        "%matplotlib inline\n!pip install tensorflow\nimport math\n",
        "%%bash\nrm -rf x\n",
        "RATE = 0.1\nloss = math.sqrt(4)\ndata = open('faces.npy')\n",
        CODE + "    rate = RATE\n\n    @property\n    def x(self):\n        return loss\n",
        "gan = Simple_GAN()\nresult = gan.fit(data)\nif True:\n    %time gan.fit()\nprint('''a\n  b''')\n",
    )
    (tmp_path / "simple_gan.ipynb").write_text(text)
    found = read_submission(tmp_path)
    assert found.tasks == {1: "simple_gan.py"} and "code cells of simple_gan.ipynb" in found.notes[0]
    names = {"__name__": "simple_gan"}
    exec(compile(found.files["simple_gan.py"], "simple_gan.py", "exec"), names)
    assert names["Simple_GAN"]().x == 2 and names["Simple_GAN"].rate == 0.1 and "gan" not in names
    with pytest.raises(FileNotFoundError):
        exec(compile(found.files["simple_gan.py"], "simple_gan.py", "exec"), {"__name__": "__main__"})
    (tmp_path / "simple_gan.ipynb").rename(tmp_path / "my homework.ipynb")
    assert read_submission(tmp_path).tasks == {1: "0-simple_gan.py"}
    assert notebook_code(b"[]") is None and notebook_code(b"\xff") is None and notebook_code(b'{"cells": 3}') is None
    assert "def (" in notebook_code(notebook("def (", "x = 1").encode())


def test_a_class_has_folders_archives_and_single_files(tmp_path):
    write(tmp_path, ann__deep__simple_gan_py=CODE, bob__notes="nothing", run_all_py="print(1)\n")
    write(tmp_path, **{"dan_simple_gan_py": CODE})
    zipped(tmp_path / "cid.zip", {"wgan_gp.py": "x = 1\n"})
    found, remarks = find_submissions([tmp_path])
    assert [(one.name, list(one.tasks)) for one in found] == [
        ("ann", [1]),
        ("bob", []),
        ("cid", [3]),
        ("dan_simple_gan", [1]),
    ]
    assert len(remarks) == 1 and "run_all.py was left out" in remarks[0]
    found, _ = find_submissions([tmp_path / "ann", tmp_path / "bob"])
    assert [one.name for one in found] == ["ann", "bob"]
    (single,), _ = find_submissions([tmp_path], kind="submission")
    assert sorted(single.tasks) == [1, 3]
    found, _ = find_submissions([tmp_path / "ann"], kind="class")
    assert [one.name for one in found] == ["deep"]


def test_every_submission_has_a_folder_of_its_own(tmp_path):
    for place in ("a/Ann", "b/ann", "c/An;n", "d/An_n"):
        write(tmp_path / place, simple_gan_py=CODE)
    found, _ = find_submissions([tmp_path / place for place in ("a/Ann", "b/ann", "c/An;n", "d/An_n")])
    assert [one.name for one in found] == ["Ann", "ann (2)", "An;n", "An_n (2)"]


def test_who_hands_in_nothing_is_graded_as_the_others(tmp_path):
    write(tmp_path, **{"ann__0-simple_gan_py": CODE, "bob__notes": "nothing"})
    found, _ = find_submissions([tmp_path])
    assert [one.naming for one in found] == ["older", "older"]
    assert [number for number in TASK_FILES if found[1].has_task(number)] == [1, 2, 3, 4, 6]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs links")
def test_a_class_does_not_follow_links(tmp_path):
    write(tmp_path / "class", ann__simple_gan_py=CODE, bob__simple_gan_py=CODE)
    (tmp_path / "class" / "eve").symlink_to(tmp_path / "class" / "ann")
    assert [one.name for one in find_submissions([tmp_path / "class"])[0]] == ["ann", "bob"]
