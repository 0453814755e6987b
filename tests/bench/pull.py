"""Pulls the same images from a registry on loopback with skiff and podman in turn, each time into a store that has none of
their layers; prints medians of wall and CPU time, their ratios, and the peak memory of all processes of each together.

Images: (a) one layer of 500 MB, (b) 20 layers of 20 MB with many small files. Their contents shrink to about a half, as those
of distributions do.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tarfile
import threading
import time

REGISTRY = "127.0.0.1:5000"
SKIFF = os.path.join(os.environ["SKIFF_BIN"], "skiff")
MB = 1 << 20


def some_bytes(rng, size):
    """Half random, half repeated words: deflate brings it to about a half."""
    words = [rng.randbytes(rng.randint(3, 12)) for _ in range(200)]
    out = bytearray()
    while len(out) < size:
        out += rng.randbytes(256)
        for _ in range(32):
            out += rng.choice(words)
    return bytes(out[:size])


def make_layer(rng, total, file_size, prefix):
    pool = some_bytes(rng, 4 * MB)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for i in range(total // file_size):
            info = tarfile.TarInfo(f"{prefix}/{i // 200}/{i}")
            info.size = file_size
            info.mtime = 1700000000
            start = rng.randrange(len(pool))
            data = (pool[start:] + pool * (file_size // len(pool) + 1))[:file_size - 8] + rng.randbytes(8)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def write_image(directory, layers):
    """An OCI layout of the given tars; they are dropped as they are written."""
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def add(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    descriptors, diff_ids = [], []
    for tar in layers:
        diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
        descriptors.append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **add(gzip.compress(tar, 6, mtime=0))})
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}})
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                           "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **add(config.encode())},
                           "layers": descriptors})
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", **add(manifest.encode())}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def publish(work, name, layers):
    if (work / "registry/data/docker/registry/v2/repositories/bench" / name).exists():
        return  # of an earlier run with the same directory
    directory = work / name
    write_image(directory, layers)
    subprocess.run(["skopeo", "copy", "-q", "--dest-tls-verify=false", f"oci:{directory}", f"docker://{REGISTRY}/bench/{name}:1"], check=True)
    subprocess.run(["rm", "-rf", directory], check=True)


class PeakMemory(threading.Thread):
    """The sum of the peak sizes of a program's processes, which is at least the peak of their sum. Read again and again, as a
    process that has ended does not tell any more; a process that grows just before its end may be counted too low."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.name_start, self.peaks, self.ended = name, {}, threading.Event()

    def run(self):
        while not self.ended.wait(0.01):
            for entry in os.listdir("/proc"):
                if entry.isdigit():
                    self.look_at(entry)

    def look_at(self, pid):
        try:
            with open(f"/proc/{pid}/status") as file:
                fields = dict(line.split(":", 1) for line in file)
        except OSError:
            return  # it has ended
        if fields["Name"].strip().startswith(self.name_start) and "VmHWM" in fields:
            self.peaks[pid] = int(fields["VmHWM"].split()[0])

    def stop(self):
        self.ended.set()
        self.join()
        return sum(self.peaks.values())


def measure(command):
    """Wall and CPU milliseconds, and kilobytes of all its processes. Not by ru_maxrss: at an exec the kernel counts the size of
    the process that asked for it as well, which is this one with the images that it has made."""
    memory = PeakMemory(os.path.basename(command[0]))
    memory.start()
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    wall = (time.perf_counter() - start) * 1e3
    peak = memory.stop()
    if status != 0:
        sys.exit(f"{' '.join(command)}: status {status}")
    return wall, (usage.ru_utime + usage.ru_stime) * 1e3, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    work = pathlib.Path(options.work)
    support = pathlib.Path(__file__).resolve().parents[1] / "support"
    registry = subprocess.run([support / "registry", "5000", work / "registry"], check=True, stdout=subprocess.PIPE, text=True)
    rng = random.Random(1)
    publish(work, "one-layer", (make_layer(rng, 500 * MB, 5 * MB, "big") for _ in range(1)))
    publish(work, "many-layers", (make_layer(rng, 20 * MB, 4096, f"layer{i}") for i in range(20)))
    print("| pull | skiff s | podman s | wall ratio | CPU ratio | skiff peak MB | podman peak MB |\n|---|---|---|---|---|---|---|")
    for name, label in (("one-layer", "one layer of 500 MB"), ("many-layers", "20 layers of 20 MB, files of 4 kB")):
        image = f"{REGISTRY}/bench/{name}:1"
        results = {SKIFF: [], "podman": []}
        for _ in range(options.rounds):
            for program in results:
                os.sync()
                results[program].append(measure([program, "pull", "-q", "--tls-verify=false", image]))
                subprocess.run([program, "rmi", image], check=True, stdout=subprocess.DEVNULL)
        wall = {p: statistics.median(r[0] for r in runs) / 1e3 for p, runs in results.items()}
        cpu = {p: statistics.median(r[1] for r in runs) for p, runs in results.items()}
        peak = {p: max(r[2] for r in runs) / 1024 for p, runs in results.items()}
        print(f"| {label} | {wall[SKIFF]:.2f} | {wall['podman']:.2f} | 1/{wall['podman'] / wall[SKIFF]:.1f} | "
              f"1/{cpu['podman'] / cpu[SKIFF]:.1f} | {peak[SKIFF]:.0f} | {peak['podman']:.0f} |", flush=True)
    os.kill(int(registry.stdout), 15)


if __name__ == "__main__":
    main()
