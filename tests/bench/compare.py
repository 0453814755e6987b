"""Runs the same work with skiff and podman in turn and prints medians, ratios and the budgets of the project.

Wall time is what the command took; CPU time is that of the whole sandbox (its cpuacct group), so that work done by
supervisors, conmon and the OCI runtime after the command has ended counts too.
"""
import argparse
import glob
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

SKIFF = os.path.join(os.environ["SKIFF_BIN"], "skiff")
PODMAN = "podman"
IMAGE = "localhost/bench:latest"
CPU_FILES = ["/sys/fs/cgroup/cpuacct/cpuacct.usage", "/sys/fs/cgroup/cpu.stat"]


def cpu_ms():
    for name in CPU_FILES:
        if os.path.exists(name):
            text = pathlib.Path(name).read_text()
            if name.endswith("cpu.stat"):
                return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e3
            return int(text) / 1e6
    raise SystemExit("no cgroup tells the CPU time here")


def measure(command, settle=0.0):
    cpu, start = cpu_ms(), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
    wall = (time.perf_counter() - start) * 1e3
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    time.sleep(settle)
    return wall, cpu_ms() - cpu


def pod_yaml(index, first_port):
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: bench{index}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: {IMAGE}
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "trap exit TERM; sleep 100000 & wait"]
      ports: [{{containerPort: 80, hostPort: {first_port + index}}}]
"""


def write_manifest(directory, count, first_port=20000):
    path = os.path.join(directory, f"{count}-{first_port}.yaml")
    pathlib.Path(path).write_text("---\n".join(pod_yaml(i, first_port) for i in range(count)))
    return path


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, skiff, podman, budget):
        wall = statistics.median(w for w, _ in podman) / statistics.median(w for w, _ in skiff)
        cpu = statistics.median(c for _, c in podman) / max(0.01, statistics.median(c for _, c in skiff))
        self.rows.append((what, statistics.median(w for w, _ in skiff), statistics.median(w for w, _ in podman), wall, cpu, budget))
        print(f"  {what}: done", flush=True)

    def show(self):
        print("\n| work | skiff ms | podman ms | wall ratio | CPU ratio | budget |\n|---|---|---|---|---|---|")
        for what, skiff, podman, wall, cpu, budget in self.rows:
            print(f"| {what} | {skiff:.1f} | {podman:.1f} | 1/{wall:.1f} | 1/{cpu:.1f} | {budget} |")


def play_command(program, *arguments):
    return [program, "kube" if program == SKIFF else "play", "play" if program == SKIFF else "kube", *arguments]


def down_command(program, path):
    return [program, "kube", "down", path] if program == SKIFF else [program, "play", "kube", "--down", path]


def bench_play(table, directory, pods, rounds, budgets):
    path = write_manifest(directory, pods)
    result = {(p, w): [] for p in (SKIFF, PODMAN) for w in ("play", "again", "down")}
    for _ in range(rounds):
        for program in (SKIFF, PODMAN):
            result[program, "play"].append(measure(play_command(program, path), 0.2))
            if program == SKIFF:
                result[program, "again"].append(measure(play_command(program, path)))
            result[program, "down"].append(measure(down_command(program, path), 0.2))
    # podman has no idempotent play: the budget compares with its first one.
    result[PODMAN, "again"] = result[PODMAN, "play"]
    name = f"{pods} pod{'s' if pods > 1 else ''}"
    for work, label in (("play", "kube play of"), ("again", "kube play again, unchanged,"), ("down", "kube down of")):
        table.add(f"{label} {name}", result[SKIFF, work], result[PODMAN, work], budgets.get(work, "-"))


def bench_simple(table, what, skiff, podman, rounds, budget):
    a, b = [], []
    for _ in range(rounds):
        a.append(measure(skiff))
        b.append(measure(podman))
    table.add(what, a, b, budget)


def pss_kb(names):
    total = 0
    for path in glob.glob("/proc/[0-9]*/smaps_rollup"):
        try:
            comm = pathlib.Path(os.path.dirname(path), "comm").read_text().strip()
            if comm in names:
                total += sum(int(line.split()[1]) for line in pathlib.Path(path).read_text().splitlines() if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def bench_memory(directory, pods):
    path = write_manifest(directory, pods)
    values = {}
    for program, names in ((SKIFF, {"skiff-reaper", "skiff-superviso", "skiff-pause"}), (PODMAN, {"conmon", "catatonit", "pause"})):
        measure(play_command(program, path), 1)
        # The sandbox's own init is a catatonit as well: take off what was there before.
        values[program] = pss_kb(names)
        measure(down_command(program, path), 0.5)
    values[PODMAN] -= pss_kb({"catatonit"})
    return values[SKIFF] / pods, values[PODMAN] / pods


def bench_floor(directory, rounds):
    """What the OCI runtime alone takes for a container, and the same container through its pod's supervisor."""
    path = write_manifest(directory, 1)
    # A second container keeps the pod alive while the first is stopped.
    pathlib.Path(path).write_text(pod_yaml(0, 20000) + f"    - {{name: keep, image: {IMAGE}, command: [sleep, \"100000\"]}}\n")
    measure(play_command(SKIFF, path), 0.3)
    status_path = glob.glob("/run/skiff/pods/*/status.json")[0]
    status = json.loads(pathlib.Path(status_path).read_text())
    pairs = subprocess.run(["nsenter", "--target", str(status["supervisorPid"]), "--mount", "python3",
                            str(pathlib.Path(__file__).with_name("floor.py")), os.path.dirname(status_path),
                            status["containers"][0]["id"], str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout
    measure(down_command(SKIFF, path), 0.3)
    bare, supervised = zip(*(map(float, line.split()) for line in pairs.splitlines()))
    # Both vary by ten milliseconds with the kernel's grace periods: many pairs, and the median of what neighbours differ by.
    return statistics.median(bare), statistics.median(mine - alone for alone, mine in zip(bare, supervised))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("archive")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pods", type=int, default=50)
    options = parser.parse_args()
    subprocess.run([SKIFF, "image", "load", "-i", options.archive], check=True, stdout=subprocess.DEVNULL)
    table = Table()
    with tempfile.TemporaryDirectory() as directory:
        bare, more = bench_floor(directory, 15 * options.rounds)
        bench_play(table, directory, 1, options.rounds, {"play": "1/8", "again": "1/20", "down": "1/5"})
        bench_simple(table, "run --rm true", [SKIFF, "run", "--rm", IMAGE, "true"], [PODMAN, "run", "--rm", IMAGE, "true"],
                     options.rounds, "1/6")
        for program in (SKIFF, PODMAN):
            measure([program, "run", "-d", "--name", "e", IMAGE, "sleep", "100000"])
        bench_simple(table, "exec true", [SKIFF, "exec", "e", "true"], [PODMAN, "exec", "e", "true"], options.rounds, "-")
        for program in (SKIFF, PODMAN):
            measure([program, "rm", "-f", "-t", "0", "e"])
        bench_play(table, directory, options.pods, 1, {"play": "1/15", "again": "1/20", "down": "1/5"})
        hundred = {SKIFF: write_manifest(directory, 100, 21000), PODMAN: write_manifest(directory, 100, 22000)}
        for program, path in hundred.items():
            measure(play_command(program, path))
        bench_simple(table, "ps with 100 containers", [SKIFF, "ps"], [PODMAN, "ps"], options.rounds, "1/15")
        for program, path in hundred.items():
            measure(down_command(program, path))
        table.show()
        print(f"\nfloor: crun run of one container's bundle takes {bare:.1f} ms, its start by the supervisor {more:+.1f} ms "
              f"(budget +3)")
        skiff, podman = bench_memory(directory, options.pods)
        print(f"\nmemory beside the workload, {options.pods} pods: skiff {skiff:.0f} kB, podman {podman:.0f} kB PSS per pod "
              f"(1/{podman / max(1, skiff):.1f}; budget 1/2 and 350 kB)")


if __name__ == "__main__":
    main()
