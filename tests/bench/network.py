"""What skiff's networking costs: attaching, many pods on a bridge, and packets, beside links and rules made by hand.

Prints medians and ratios; nothing passes or fails. Runs inside tests/support/sandbox:
  SKIFF_BIN=build/release/bin tests/support/sandbox python3 tests/bench/network.py IMAGE.tar [--pods N] [--seconds N]
"""
import argparse
import json
import os
import statistics
import subprocess
import time

SKIFF = os.path.join(os.environ["SKIFF_BIN"], "skiff")
IMAGE = "localhost/bench:latest"
CPU_FILES = ["/sys/fs/cgroup/cpuacct/cpuacct.usage", "/sys/fs/cgroup/cpu.stat"]


def sh(command, check=True):
    done = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout.strip()


def skiff(*arguments):
    return sh(" ".join([SKIFF, *arguments]))


def cpu_ms():
    for name in CPU_FILES:
        if os.path.exists(name):
            text = open(name).read()
            if name.endswith("cpu.stat"):
                return int(dict(line.split() for line in text.splitlines())["usage_usec"]) / 1e3
            return int(text) / 1e6
    raise SystemExit("no cgroup tells the CPU time here")


def cost(work):
    cpu, start = cpu_ms(), time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3, cpu_ms() - cpu


def attach_cost(rounds):
    """A container on a bridge against one without a network, in turn; another pod keeps the bridge alive."""
    skiff("run -d --name keeper", IMAGE, "sleep 100000")
    cases = {"none": "--network none", "bridge": "", "bridge, 1 port": "-p 19000:80"}
    samples = {name: [] for name in cases}
    for _ in range(rounds):
        for name, flags in cases.items():
            samples[name].append(cost(lambda: skiff("run -d --name probe", flags, IMAGE, "sleep 100000")))
            skiff("rm -f -t 0 probe")
    skiff("rm -f -t 0 keeper")
    base = samples["none"]
    for name, mine in samples.items():
        wall, cpu = (statistics.median(column) for column in zip(*mine))
        # Neighbours in time are compared: the machine may be busy.
        more = [statistics.median(a[i] - b[i] for a, b in zip(mine, base)) for i in (0, 1)]
        print(f"| run -d, {name} | {wall:.1f} | {cpu:.1f} | {more[0]:+.1f} | {more[1]:+.1f} |", flush=True)


def many_pods(count):
    """The first and the last ten of many pods on one bridge."""
    walls = []
    for i in range(count):
        walls.append(cost(lambda: skiff(f"run -d --name m{i} -p {20000 + i}:80", IMAGE, "sleep 100000")))
    first, last = walls[1:11], walls[-10:]
    for name, part in {"pods 2 to 11": first, f"pods {count - 9} to {count}": last}.items():
        wall, cpu = (statistics.median(column) for column in zip(*part))
        print(f"| {name} of {count} | {wall:.1f} | {cpu:.1f} | | |", flush=True)
    ports = json.loads(sh("ip -j link show master skiff0"))
    assert len(ports) == count, len(ports)
    skiff("rm -f -t 0 -a")


def iperf(address, port, seconds, prefix=""):
    """Gbit/s, and nanoseconds of CPU time per kilobyte on both sides together."""
    cpu = cpu_ms()
    report = json.loads(sh(f"{prefix} iperf3 -J -t {seconds} -c {address} -p {port}"))
    received = report["end"]["sum_received"]
    return received["bits_per_second"] / 1e9, (cpu_ms() - cpu) * 1e6 / (received["bytes"] / 1e3)


# One datagram there and back, COUNT times from one socket, or each time from a new one, whose first packet is what rules look at.
PING = """
import socket, statistics, sys, time
address, port, count, new = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "new"
def connect():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.connect((address, port)); return s
s, samples = connect(), []
for _ in range(count):
    if new: s = connect()
    start = time.perf_counter(); s.send(b"x"); s.recv(9); samples.append((time.perf_counter() - start) * 1e6)
print(statistics.median(samples))
"""
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", int(sys.argv[1])))
while True: s.sendto(*s.recvfrom(9))
"""


def ping(address, port, prefix="", count=2000, kind="same"):
    """Median round trip in microseconds."""
    return float(sh(f"{prefix} python3 -c '{PING}' {address} {port} {count} {kind}"))


def start(servers, command):
    servers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))


def compare(name, unit, pairs, more_is_better):
    """Medians, and the median of the ratios of neighbours with their quartiles: the machine may be busy."""
    mine, hand = (statistics.median(column) for column in zip(*pairs))
    low, middle, high = statistics.quantiles([100 * (a / b - 1) for a, b in pairs], n=4)
    sign = "more is better" if more_is_better else "less is better"
    print(f"| {name}, {unit} ({sign}) | {mine:.2f} | {hand:.2f} | {middle:+.1f} % | {low:+.1f} to {high:+.1f} % |", flush=True)


def in_turn(rounds, ours, hand):
    """Pairs of results, each side first every other time."""
    pairs = []
    for i in range(rounds):
        if i % 2:
            second = hand()
            pairs.append((ours(), second))
        else:
            pairs.append((ours(), hand()))
    return pairs


def throughput(seconds, rounds):
    """From a client host, and from a pod, to a server: skiff's pods and the same made by hand, in turn."""
    sh("ip netns add client; ip link add up0 type veth peer name eth0 netns client; ip addr add 192.0.2.1/24 dev up0;"
       "ip link set up0 up; ip -n client addr add 192.0.2.2/24 dev eth0; ip -n client link set eth0 up;"
       "ip -n client route add default via 192.0.2.1")
    skiff("run -d --name server -p 5201:5201 -p 7001:7001/udp", IMAGE, "sleep 100000")
    skiff("run -d --name peer", IMAGE, "sleep 100000")
    pid = {name: skiff("inspect --format '{{.State.Pid}}'", name) for name in ("server", "peer")}
    pod = json.loads(skiff("inspect server"))[0]["NetworkSettings"]["IPAddress"]
    # By hand: a bridge, two veth pairs, a DNAT rule per port, masquerading.
    sh("ip link add hand0 type bridge; ip addr add 10.250.0.1/24 dev hand0; ip link set hand0 up")
    for i, name in enumerate(("hs", "hp"), 2):
        sh(f"ip netns add {name}; ip link add v{name} master hand0 type veth peer name eth0 netns {name};"
           f"ip link set v{name} up; ip -n {name} addr add 10.250.0.{i}/24 dev eth0; ip -n {name} link set eth0 up;"
           f"ip -n {name} route add default via 10.250.0.1")
    sh("nft 'table ip hand { chain pre { type nat hook prerouting priority -100; tcp dport 5202 dnat to 10.250.0.2:5201;"
       "udp dport 7002 dnat to 10.250.0.2:7001; };"
       "chain post { type nat hook postrouting priority 100; ip saddr 10.250.0.0/24 oifname != \"hand0\" masquerade; }; }'")
    servers = []
    for namespace in (["nsenter", "-n", "-t", pid["server"]], ["ip", "netns", "exec", "hs"]):
        start(servers, [*namespace, "iperf3", "-s"])
        start(servers, [*namespace, "python3", "-c", ECHO, "7001"])
    time.sleep(1)
    peers = (f"nsenter -n -t {pid['peer']}", "ip netns exec hp")
    client = "ip netns exec client"
    cases = {
        "pod to pod": ((pod, 5201, 7001, peers[0]), ("10.250.0.2", 5201, 7001, peers[1])),
        "published port, from another host": (("192.0.2.1", 5201, 7001, client), ("192.0.2.1", 5202, 7002, client)),
    }
    for name, (ours, hand) in cases.items():
        pairs = in_turn(rounds, lambda: iperf(ours[0], ours[1], seconds, ours[3]), lambda: iperf(hand[0], hand[1], seconds, hand[3]))
        compare(name, "Gbit/s", [(a[0], b[0]) for a, b in pairs], True)
        compare(name, "CPU ns/kB", [(a[1], b[1]) for a, b in pairs], False)
        pairs = in_turn(rounds, lambda: ping(ours[0], ours[2], ours[3]), lambda: ping(hand[0], hand[2], hand[3]))
        compare(name, "us there and back", pairs, False)
        pairs = in_turn(rounds, lambda: ping(ours[0], ours[2], ours[3], 1000, "new"), lambda: ping(hand[0], hand[2], hand[3], 1000, "new"))
        compare(name, "us there and back, new flow", pairs, False)
    for server in servers:
        server.kill()
        server.wait()
    skiff("rm -f -t 0 -a")
    sh("nft delete table ip hand; ip link del hand0; for n in client hs hp; do ip netns del $n; done", check=False)


def many_ports(count, rounds):
    """New flows to one published port, beside no other and beside many, in turn."""
    sh("ip netns add client; ip link add up0 type veth peer name eth0 netns client; ip addr add 192.0.2.1/24 dev up0;"
       "ip link set up0 up; ip -n client addr add 192.0.2.2/24 dev eth0; ip -n client link set eth0 up")
    skiff("run -d --name one -p 7001:7001/udp", IMAGE, "sleep 100000")
    pid = skiff("inspect --format '{{.State.Pid}}' one")
    servers = []
    start(servers, ["nsenter", "-n", "-t", pid, "python3", "-c", ECHO, "7001"])
    time.sleep(1)
    costs, pairs = [], []
    pods = 4
    each = count // pods
    for _ in range(rounds):
        look = lambda: ping("192.0.2.1", 7001, "ip netns exec client", 2000, "new")
        alone = look()
        # Several pods, as a port takes two descriptors of its pod's reaper and not every root may have 20,000.
        for i in range(pods):
            first = 40000 + i * each
            costs.append(cost(lambda: skiff(f"run -d --name many{i} -p {first}-{first + each - 1}:1-{each}/udp", IMAGE, "sleep 100000")))
        pairs.append((look(), alone))
        skiff("rm -f -t 0", *(f"many{i}" for i in range(pods)))
    compare(f"first packet of a flow beside {count} ports / beside none", "us there and back", pairs, False)
    wall, cpu = (statistics.median(column) for column in zip(*costs))
    print(f"| run -d with {each} ports | {wall:.0f} ms | {cpu:.0f} ms of CPU | | |", flush=True)
    for server in servers:
        server.kill()
        server.wait()
    skiff("rm -f -t 0 -a")
    sh("ip netns del client", check=False)


SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: s{i}}}
spec: {{selector: {{app: s{i}}}, ports: [{{port: 80}}]}}
---
"""
WATCHED = """
apiVersion: v1
kind: Pod
metadata: {{name: watched, labels: {{app: s0}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: c
    image: {image}
    command: [sleep, "100000"]
    readinessProbe: {{exec: {{command: [test, -e, /up]}}, periodSeconds: 1, failureThreshold: 1}}
"""


def readiness(services, rounds):
    """From the moment that a supervisor publishes a pod's readiness to the one in which the rules of its Service are in place."""
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "bench-services.yaml")
    with open(path, "w") as file:
        file.write("".join(SERVICE.format(i=i) for i in range(services)) + WATCHED.format(image=IMAGE))
    skiff("kube play -q", path)
    pods = os.listdir("/run/skiff/pods")
    status = f"/run/skiff/pods/{pods[0]}/status.json"
    applied = "/run/skiff/services/applied.json"
    samples = []
    for i in range(rounds):
        before, ready = os.stat(applied).st_mtime_ns, i % 2 == 0
        skiff("exec watched-c", "touch /up" if ready else "rm /up")
        while os.stat(applied).st_mtime_ns == before:
            time.sleep(0.001)
        samples.append((os.stat(applied).st_mtime_ns - os.stat(status).st_mtime_ns) / 1e6)
    print(f"| {services} Services, ms | {statistics.median(samples):.1f} | {max(samples):.1f} |", flush=True)
    skiff("kube down", path)
    os.unlink(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--ports", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=int, default=1)
    parts = ["attach", "pods", "packets", "ports", "readiness"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    options = parser.parse_args()
    skiff("image load -i", options.image)
    if "attach" in options.only or "pods" in options.only:
        print("| attaching | wall ms | CPU ms | more wall | more CPU |\n|---|---|---|---|---|")
    if "attach" in options.only:
        attach_cost(options.rounds)
    if "pods" in options.only:
        many_pods(options.pods)
    if "packets" in options.only:
        print("\n| packets | skiff | by hand | difference | quartiles |\n|---|---|---|---|---|")
        throughput(options.seconds, options.rounds)
    if "ports" in options.only:
        print("\n| ports | beside many | alone | difference | quartiles |\n|---|---|---|---|---|")
        many_ports(options.ports, max(3, options.rounds // 2))
    if "readiness" in options.only:
        print("\n| from a pod's readiness to the rules of its Service | median | most |\n|---|---|---|")
        for services in (1, 50):
            readiness(services, 2 * options.rounds)


main()
