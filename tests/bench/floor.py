"""Starts one container over and over, in turn with the OCI runtime alone and through its pod's supervisor, and prints the
times of both in ms, one pair per line. It runs in the supervisor's mount namespace, where the root file system is mounted.

    nsenter --target SUPERVISOR --mount python3 floor.py RUN_DIR CONTAINER_ID ROUNDS
"""
import json
import os
import shutil
import socket
import sys
import time


def bare_bundle(run_dir, container):
    """The container's own bundle, but for the cgroup: two containers cannot be in one."""
    bundle = os.path.join(run_dir, "floor")
    shutil.rmtree(bundle, ignore_errors=True)
    os.mkdir(bundle)
    with open(os.path.join(run_dir, "containers", container, "config.json")) as file:
        config = json.load(file)
    config["linux"]["cgroupsPath"] = os.path.dirname(config["linux"]["cgroupsPath"]) + "/floor"
    with open(os.path.join(bundle, "config.json"), "w") as file:
        json.dump(config, file)
    return bundle


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def quiet(*command):
    """Not through subprocess, which takes a millisecond itself."""
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in range(3)]
    _, status = os.waitpid(os.posix_spawn(command[0], command, os.environ, file_actions=null), 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)}: status {status}")


def ask(run_dir, **request):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.connect(os.path.join(run_dir, "control.sock"))
        control.send(json.dumps(request).encode())
        reply = json.loads(control.recv(65536))
    if not reply["ok"]:
        raise SystemExit(f"{request}: {reply}")


def main():
    run_dir, container, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(os.path.join(run_dir, "plan.json")) as file:
        runtime = json.load(file)["runtime"]
    # The supervisor runs its own read-only bind of the runtime; so does the comparison.
    bound = os.path.join(run_dir, "runtime-program", os.path.basename(runtime))
    crun = [bound if os.path.exists(bound) else runtime, "--root", os.path.join(run_dir, "floor-state")]
    bundle = bare_bundle(run_dir, container)
    for _ in range(rounds):
        bare = timed(lambda: quiet(*crun, "run", "--detach", "--bundle", bundle, "floor"))
        quiet(*crun, "delete", "--force", "floor")
        ask(run_dir, op="stop", container=container, graceMs=0)
        time.sleep(0.1)
        supervised = timed(lambda: ask(run_dir, op="start", container=container))
        time.sleep(0.1)
        print(f"{bare:.2f} {supervised:.2f}", flush=True)


if __name__ == "__main__":
    main()
