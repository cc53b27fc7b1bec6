"""A machine of Amazon Linux as far as the broker's user data sees it: a folder as root, with this machine's /usr."""

import pathlib
import subprocess

# What is called is written to /calls. Those that fail at first do so as often as the real ones may.
STAND_INS = {
    "usr/local/sbin/dnf": 'echo once >> /dnf-calls; (($(wc -l < /dnf-calls) > 2))',
    "usr/local/sbin/sleep": "",
    "usr/local/sbin/systemctl": "",
    "usr/local/sbin/useradd": 'echo "kafka:x:0:0::/:/bin/bash" >> /etc/passwd',
    "usr/local/sbin/runuser": '[[ "$1 $2 $3" == "-u kafka --" ]] && shift 3 && exec "$@"',
    "opt/aws/bin/cfn-signal": 'echo "$*" | tr "\\n" " " >> /signals; echo >> /signals; [[ ! -e /made ]]',
}
KAFKA = {
    # What is formatted already is formatted again for nobody, and is an error unless it may be.
    "kafka-storage.sh": """
        [[ $1 == random-uuid ]] && echo 4L6g3nShT-eMCtK--X86sw && exit
        [[ ! -e /var/lib/kafka/meta.properties ]] || { [[ "$*" == *--ignore-formatted* ]]; exit; }
        echo "$4" > /var/lib/kafka/meta.properties; echo once >> /formatted""",
    # A broker that has just been started answers late.
    "kafka-topics.sh": """
        echo once >> /topics-calls; (($(wc -l < /topics-calls) > 2)) || exit 1
        while (($#)); do
            case $1 in --topic) topic=$2 ;; --partitions) count=$2 ;; --create|--alter|--describe) do=$1 ;; esac
            shift
        done
        file=/var/lib/topics/$topic; mkdir -p /var/lib/topics
        case $do in
            --create) [[ -e $file ]] || echo $count > $file ;;
            --alter) (($(cat $file) < count)) && echo $count > $file ;;
            --describe) printf 'Topic: %s\\tTopicId: x\\tPartitionCount: %s\\tConfigs:\\n' $topic $(cat $file) ;;
        esac""",
}


def script(text):
    return f'#!/bin/bash\necho "${{0##*/}} $*" >> /calls\n{text}\n'


class Machine:
    """`output` is what the last boot said."""

    def __init__(self, root, servers):
        self.root, self.servers, self.output = root, servers, ""
        for name in ("usr", "proc", "dev", "tmp", "etc/systemd/system", "opt/aws/bin", "var/log", "var/lib"):
            (root / name).mkdir(parents=True)
        for source, target, kind in [("/usr", "usr", "--bind"), ("/proc", "proc", "--rbind")]:
            subprocess.run(["mount", kind, source, root / target], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", root / "usr/local"], check=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (root / name).symlink_to(f"usr/{name}")
        for name in ("null", "urandom"):
            (root / "dev" / name).touch()
            subprocess.run(["mount", "--bind", f"/dev/{name}", root / "dev" / name], check=True)
        (root / "dev/fd").symlink_to("/proc/self/fd")
        (root / "dev/stdin").symlink_to("/proc/self/fd/0")
        for name in ("dev/console", "calls", "signals"):
            (root / name).touch()
        (root / "usr/local/bin").mkdir()
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/bash\n")
        (root / "etc/hosts").write_text("127.0.0.1 localhost " + " ".join(servers.names) + "\n")
        (root / "etc/ssl/certs").mkdir(parents=True)
        (root / "etc/ssl/certs/ca-certificates.crt").write_bytes(servers.certificate.read_bytes())
        for name, text in STAND_INS.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(script(text))
            path.chmod(0o755)

    def boot(self, user_data):
        """The first one, at which cloud-init runs the user data. The exit code."""
        self.servers.user_data = user_data
        (self.root / "user-data").write_text(user_data)
        code = self._run("/user-data")
        (self.root / "made").touch()
        return code

    def boot_again(self, user_data):
        """A later one: cloud-init runs its scripts of each boot alone, whatever the user data has become."""
        self.servers.user_data = user_data
        return self._run("/var/lib/cloud/scripts/per-boot/broker")

    def _run(self, path):
        # cloud-init's own path has no /usr/local/bin.
        path_of_root = {"PATH": "/usr/local/sbin:/sbin:/bin:/usr/sbin:/usr/bin", "HOME": "/"}
        done = subprocess.run(["chroot", self.root, "/bin/bash", path], env=path_of_root, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
        self.output = done.stdout + self.read("var/log/broker-setup.log")
        return done.returncode

    def read(self, name):
        path = pathlib.Path(self.root, name)
        return path.read_text(errors="replace") if path.exists() else ""

    def calls(self, text):
        return sum(text in line for line in self.read("calls").splitlines())

    def formatted(self):
        """How often."""
        return len(self.read("formatted").splitlines())

    def signals(self):
        return self.read("signals").splitlines() or [""]

    def topics(self):
        folder = self.root / "var/lib/topics"
        return {it.name: int(it.read_text()) for it in folder.iterdir()} if folder.exists() else {}
