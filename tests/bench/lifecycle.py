#!/usr/bin/env python3
"""What pods cost while they live: memory of 50, probes, idleness, the supervisor's own part of a container's start.

  tests/support/sandbox tests/bench/lifecycle.py [--pods N] [--seconds N]

Needs SKIFF_BIN and SKIFF_TEST_IMAGES, as the system tests do; strace counts system calls.
"""
import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys
import time

BUSYBOX, SERVER = "localhost/busybox:latest", "localhost/probe-server:1"


def skiff(*arguments, stdin=None):
    return subprocess.run(["skiff", *arguments], input=stdin, capture_output=True, text=True, check=True).stdout


def pod(name, containers, grace=0):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"terminationGracePeriodSeconds": grace, "containers": containers}}


def play(*pods):
    skiff("kube", "play", "-", stdin="\n---\n".join(json.dumps(p) for p in pods))


def remove_all():
    skiff("pod", "rm", "-f", "-t", "0", "-a")


def processes(*names):
    found = {}
    for path in glob.glob("/proc/[0-9]*/comm"):
        try:
            comm = open(path).read().strip()
        except OSError:
            continue
        if comm in names:
            found[int(path.split("/")[2])] = comm
    return found


def pss(pid):
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))


def cpu_ns(pids):
    return sum(int(open(f"/proc/{pid}/schedstat").read().split()[0]) for pid in pids)


def calls(pids, seconds):
    """System calls of the processes (and of children they start) in that time."""
    arguments = [word for pid in pids for word in ("-p", str(pid))]
    out = "/tmp/lifecycle.strace"
    subprocess.run(["timeout", "-s", "INT", str(seconds), "strace", "-f", "-qq", "-o", out, *arguments], stderr=subprocess.DEVNULL)
    with open(out) as file:
        return [line for line in file if not re.search(r"resumed>|<\.\.\.|--- SIG|exited with|\+\+\+|detached", line)]


def memory(pods):
    play(*(pod(f"m{i}", [{"name": "c", "image": BUSYBOX, "command": ["sleep", "100000"]}]) for i in range(pods)))
    time.sleep(3)
    sums = {}
    for pid, name in processes("skiff-reaper", "skiff-superviso", "skiff-pause").items():
        sums[name] = sums.get(name, 0) + pss(pid)
    print(f"memory, {pods} pods: {sum(sums.values()) / pods:.0f} kB PSS per pod "
          f"({', '.join(f'{name} {kb / pods:.0f}' for name, kb in sums.items())})")


def idle(seconds):
    pids = list(processes("skiff-reaper", "skiff-superviso", "skiff-pause"))[:30]
    before = cpu_ns(pids)
    found = calls(pids, seconds)
    # The one call in which each of them was found sleeping is printed when strace leaves.
    woken = [line for line in found if "ERESTART" not in line and "unfinished" not in line]
    print(f"idle, {len(pids)} processes of pods without probes, {seconds} s: {len(woken)} system calls "
          f"{woken[:3] if woken else ''}, {(cpu_ns(pids) - before) / 1e6:.2f} ms of CPU (strace's attaching included)")


def probes(seconds):
    handlers = {"httpGet": {"httpGet": {"port": 8080, "path": "/healthz"}}, "tcpSocket": {"tcpSocket": {"port": 8080}},
                "grpc": {"grpc": {"port": 50051}}, "exec": {"exec": {"command": ["/probe-server", "exists", "/"]}}}
    for kind, handler in handlers.items():
        play(pod("probed", [{"name": "c", "image": SERVER, "args": ["--http", "8080", "--grpc", "50051"],
                             "readinessProbe": {**handler, "periodSeconds": 1, "timeoutSeconds": 10}}]))
        skiff("kube", "wait", "--for=condition=Ready", "--timeout=60s", "pod/probed")
        supervisor = list(processes("skiff-superviso"))
        time.sleep(1)
        before, began = cpu_ns(supervisor), time.monotonic()
        time.sleep(seconds)
        used = (cpu_ns(supervisor) - before) / (time.monotonic() - began)
        found = calls(supervisor, seconds)
        own = [line for line in found if line.startswith(f"{supervisor[0]} ")]
        children = "" if kind != "exec" else f", and {(len(found) - len(own)) / seconds:.0f} of the runtime"
        print(f"probe {kind}: {len(own) / seconds:.1f} system calls{children}, {used / 1000:.0f} us of the supervisor's CPU")
        remove_all()


def start(containers):
    """Between the end of one runtime call and the begin of the next is the supervisor's own time."""
    data = pod("s", [{"name": "c0", "image": BUSYBOX, "command": ["sleep", "100000"],
                      "lifecycle": {"postStart": {"sleep": {"seconds": 5}}}},
                     *({"name": f"c{i}", "image": BUSYBOX, "command": ["sleep", "100000"]} for i in range(1, containers))], 10)
    player = subprocess.Popen(["skiff", "kube", "play", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    player.stdin.write(json.dumps(data))
    player.stdin.close()
    while not processes("skiff-superviso"):
        if player.poll():
            sys.exit("the pod did not start")
        time.sleep(0.01)
    time.sleep(2)  # within the hook
    out = "/tmp/lifecycle.start"
    tracer = subprocess.Popen(["strace", "-ttt", "-qq", "-e", "trace=clone,clone3,vfork,wait4,waitid", "-o", out, "-p",
                               str(list(processes("skiff-superviso"))[0])], stderr=subprocess.DEVNULL)
    player.wait()
    tracer.terminate()
    tracer.wait()
    gaps, runtimes, ended, began = [], [], None, None
    for line in open(out):
        at, call = float(line.split()[0]), line.split()[1]
        if call.startswith(("clone", "vfork")):
            if ended:
                gaps.append(at - ended)
            began, ended = at, None
        elif call.startswith("wait") and began:
            ended = at
            runtimes.append(at - began)
    print(f"start of a container, {len(gaps)} of them: {statistics.median(gaps) * 1000:.2f} ms of the supervisor's own (median), "
          f"beside {statistics.median(runtimes) * 1000:.1f} ms of the runtime")
    remove_all()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    if os.environ.get("SKIFF_SANDBOX") != "1":
        sys.exit("run me through tests/support/sandbox")
    os.environ["PATH"] = os.environ["SKIFF_BIN"] + ":" + os.environ["PATH"]
    for image in ("busybox", "probe-server"):
        skiff("image", "load", "-i", f"{os.environ['SKIFF_TEST_IMAGES']}/{image}.tar")
    memory(options.pods)
    idle(options.seconds)
    remove_all()
    probes(min(options.seconds, 20))
    start(20)


main()
