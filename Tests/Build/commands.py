"""What build.sh says of a machine that lacks something; that it builds in a folder with a space in its name, and leaves
nothing in /tmp.

    python Tests/Build/commands.py

The machine is this one, but for what a copy of build.sh finds on its PATH.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TestParts/python"))
from sentences import run_all  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ["Package.swift", "build.sh", "Sources/Build", "Sources/Deployment", "Tests/checks.sh",
           "Tests/Demo/demo.sh", "Tests/Fuzz/fuzz.sh", "Tests/requirements.txt", "Benchmarks/bench.sh"]
HIDDEN = {"swift", "sudo", "dpkg-query", "apt-get", "docker", "podman", "python3"}
INSTALLED = '#!/bin/sh\nshift 3\nfor package; do echo "$package install ok installed"; done\n'


class Machine:
    """`with Machine(apt_get="…") as machine:` has this program of its own (None: has none) besides this machine's."""

    def __init__(self, **programs):
        self.programs = {
            "swift": "#!/bin/sh\necho 'Swift version 6.2'\n",
            "apt_get": '#!/bin/sh\necho "apt-get $*" >>"$APT"\nexit 9\n',
            "dpkg_query": INSTALLED, "python3": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', **programs}

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="machine-")
        self.folder = pathlib.Path(self.temporary.name, "a folder")
        self.apt, self.bin = self.folder / "apt", pathlib.Path(self.temporary.name, "bin")
        for name in SCRIPTS:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
        self.bin.mkdir()
        for name, text in self.programs.items():
            if text is not None:
                path = self.bin / name.replace("_", "-")
                path.write_text(text)
                path.chmod(0o755)
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def run(self, *arguments, before=()):
        """(exit code, all that was said, what apt-get was asked for)"""
        environment = {"PATH": f"{self.bin}:{everything_else}", "HOME": "/nonexistent", "APT": str(self.apt)}
        done = subprocess.run(
            [*before, self.folder / "build.sh", *arguments], cwd="/", text=True, stdin=subprocess.DEVNULL,
            env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        asked = self.apt.read_text().splitlines() if self.apt.exists() else []
        return done.returncode, done.stdout, asked


def check(condition, said):
    if not condition:
        raise SystemExit(f"Not so; build.sh said:\n{said}")


def refused(machine, sentences, *arguments, **more):
    """With these sentences and a next step, before anything was installed."""
    code, said, asked = machine.run(*arguments, **more)
    named = all(it in said for it in ["Next:", *sentences])
    check(code != 0 and named and not asked, f"{arguments}\n{said}{asked}")
    return said


COMMANDS = [["build"], ["demo"], ["local"], ["test"], ["invoke", str(ROOT / "events/msk.json")], ["bench"], ["fuzz"]]


def test_without_a_Swift_compiler_each_command_names_the_install_page_and_the_image():
    with Machine(swift=None) as machine:
        for arguments in COMMANDS:
            refused(machine, ["no Swift compiler", "https://www.swift.org/install/linux/",
                              f"swift:6.2-bookworm ./build.sh {arguments[0]}"], *arguments)


def test_a_Swift_compiler_that_is_too_old_is_named_with_its_version():
    with Machine(swift="#!/bin/sh\necho 'Swift version 5.10'\n") as machine:
        refused(machine, ["Swift 5.10 is too old", "Swift 6.2 or later"], "build")


def test_another_system_than_Debian_is_named_before_anything_else():
    with Machine(dpkg_query=None, apt_get=None, swift=None) as machine:
        for arguments in [it for it in COMMANDS if it[0] not in ("build", "invoke")]:
            refused(machine, ["is not Debian or Ubuntu", f"swift:6.2-bookworm ./build.sh {arguments[0]}"], *arguments)
        refused(machine, ["no Docker or Podman"], "build")  # which it would build in


def test_who_is_not_root_and_has_no_sudo_is_told_all_that_is_missing_Python_and_Swift_included():
    anybody = [] if os.geteuid() else ["unshare", "--user"]
    if subprocess.run([*anybody, "true"], capture_output=True).returncode:
        return print("    SKIPPED: this machine permits no user namespace")
    with Machine(dpkg_query="#!/bin/sh\nexit 1\n", python3=None, swift=None) as machine:
        missing = ["python3", "python3-venv", "libcurl4-openssl-dev", "librdkafka-dev"]
        said = refused(machine, ["only root can install", "no Swift compiler", *missing], "demo", before=anybody)
        check(said.count("Next:") == 1, said)


def test_all_missing_packages_are_installed_at_once_and_each_is_named_once():
    if os.geteuid():
        return print("    SKIPPED: not root")
    with Machine(dpkg_query="#!/bin/sh\nexit 1\n", python3=None) as machine:
        code, said, asked = machine.run("demo")
        installs = [line.split()[5:] for line in asked if " install " in line]
        check(code != 0 and "apt-get could not install" in said and len(installs) == 1, f"{said}{asked}")
        check(len(installs[0]) == len(set(installs[0])), installs)
        check({"python3", "libssl-dev", "librdkafka-dev", "binutils"} <= set(installs[0]), installs)


def test_the_C_libraries_are_built_without_a_space_in_their_path_and_end_in_a_folder_that_has_one():
    """Neither configure nor make takes a space. The libraries themselves are not built again here."""
    with Machine() as machine:
        script = """
            . "$1"; make_work; mkdir -p .build
            make_libraries() {
                [[ $static != *' '* && -d $static/source && -d $static/lib ]] || fail "built in $static" "elsewhere"
                echo built >"$static/lib/libisal.a"
            }
            need_static_libraries
            [[ $(cat "$root/.build/static/$arch/lib/libisal.a") == built ]]"""
        done = subprocess.run(
            ["bash", "-ec", script, "bash", machine.folder / "build.sh"], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(done.returncode == 0, done.stdout)


def test_a_build_leaves_nothing_in_tmp():
    own = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    if str(ROOT).startswith("/tmp/") or subprocess.run([*own, "true"], capture_output=True).returncode:
        return print("    SKIPPED: the project lies in /tmp, or this machine permits no mounts")
    script = 'mount -t tmpfs none /tmp && ./build.sh && test -z "$(ls -A /tmp)" || { ls -A /tmp; exit 1; }'
    environment = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    done = subprocess.run([*own, "sh", "-c", script], cwd=ROOT, env=environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 0, done.stdout)


def link_all_but_hidden(folder):
    for place in ("/usr/bin", "/bin"):
        for program in os.scandir(place):
            if program.name not in HIDDEN and not os.path.lexists(f"{folder}/{program.name}"):
                os.symlink(program.path, f"{folder}/{program.name}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="programs-") as everything_else:
        link_all_but_hidden(everything_else)
        run_all(globals())
