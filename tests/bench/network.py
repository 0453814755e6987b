"""What skiff's networking costs: attaching, many pods on a bridge, and packets, beside links and rules made by hand.

Prints ratios and times; nothing passes or fails. Runs inside tests/support/sandbox:
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
    """A container on a bridge against one without a network; another pod keeps the bridge alive."""
    skiff("run -d --name keeper", IMAGE, "sleep 100000")
    results = {}
    for name, flags in {"none": "--network none", "bridge": "", "bridge, 1 port": "-p 19000:80"}.items():
        samples = []
        for _ in range(rounds):
            samples.append(cost(lambda: skiff("run -d --name probe", flags, IMAGE, "sleep 100000")))
            skiff("rm -f -t 0 probe")
        results[name] = [statistics.median(column) for column in zip(*samples)]
    skiff("rm -f -t 0 keeper")
    base = results["none"]
    for name, (wall, cpu) in results.items():
        print(f"| run -d, {name} | {wall:.1f} | {cpu:.1f} | {wall - base[0]:+.1f} | {cpu - base[1]:+.1f} |", flush=True)


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
    report = json.loads(sh(f"{prefix} iperf3 -J -t {seconds} -c {address} -p {port}"))
    return report["end"]["sum_received"]["bits_per_second"] / 1e9


def throughput(seconds, rounds):
    """From a client host, and from a pod, to a server: skiff's pods and the same made by hand, in turn."""
    sh("ip netns add client; ip link add up0 type veth peer name eth0 netns client; ip addr add 192.0.2.1/24 dev up0;"
       "ip link set up0 up; ip -n client addr add 192.0.2.2/24 dev eth0; ip -n client link set eth0 up;"
       "ip -n client route add default via 192.0.2.1")
    skiff("run -d --name server -p 5201:5201 -v /:/host:ro", IMAGE, "chroot /host iperf3 -s")
    skiff("run -d --name peer", IMAGE, "sleep 100000")
    pid = {name: skiff("inspect --format '{{.State.Pid}}'", name) for name in ("server", "peer")}
    pod = json.loads(skiff("inspect server"))[0]["NetworkSettings"]["IPAddress"]
    # By hand: a bridge, two veth pairs, one DNAT rule, masquerading.
    sh("ip link add hand0 type bridge; ip addr add 10.250.0.1/24 dev hand0; ip link set hand0 up")
    for i, name in enumerate(("hs", "hp"), 2):
        sh(f"ip netns add {name}; ip link add v{name} master hand0 type veth peer name eth0 netns {name};"
           f"ip link set v{name} up; ip -n {name} addr add 10.250.0.{i}/24 dev eth0; ip -n {name} link set eth0 up;"
           f"ip -n {name} route add default via 10.250.0.1")
    sh("nft 'table ip hand { chain pre { type nat hook prerouting priority -100; tcp dport 5202 dnat to 10.250.0.2:5201; };"
       "chain post { type nat hook postrouting priority 100; ip saddr 10.250.0.0/24 oifname != \"hand0\" masquerade; }; }'")
    server = subprocess.Popen("ip netns exec hs iperf3 -s", shell=True, stdout=subprocess.DEVNULL)
    time.sleep(1)
    cases = {
        "pod to pod": ((pod, 5201, f"nsenter -n -t {pid['peer']}"), ("10.250.0.2", 5201, "ip netns exec hp")),
        "published port, other host": (("192.0.2.1", 5201, "ip netns exec client"),
                                       ("192.0.2.1", 5202, "ip netns exec client")),
    }
    for name, (ours, hand) in cases.items():
        samples = [(iperf(*ours[:2], seconds, ours[2]), iperf(*hand[:2], seconds, hand[2])) for _ in range(rounds)]
        mine, theirs = (statistics.median(column) for column in zip(*samples))
        print(f"| {name} | {mine:.2f} | {theirs:.2f} | {100 * (mine / theirs - 1):+.1f} % |", flush=True)
    sh("pkill -P %d iperf3" % server.pid, check=False)
    server.wait()
    skiff("rm -f -t 0 -a")
    sh("nft delete table ip hand; ip link del hand0; for n in client hs hp; do ip netns del $n; done", check=False)


def connections(port, count=300):
    """Median time of a connection from the host: its first packet is what looks the port up."""
    import socket
    samples = []
    for _ in range(count):
        start = time.perf_counter()
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        samples.append((time.perf_counter() - start) * 1e6)
    return statistics.median(samples)


def many_ports(count):
    """The same connection beside one published port and beside many."""
    serve = 'sh -c "exec httpd -f -p 80"'
    skiff("run -d --name one -p 30000:80", IMAGE, serve)
    time.sleep(1)
    alone = connections(30000)
    wall, cpu = cost(lambda: skiff(f"run -d --name many -p 40000-{39999 + count}:1-{count}", IMAGE, "sleep 100000"))
    beside = connections(30000)
    print(f"| connection beside 1 port / {count + 1} ports | {alone:.0f} us | {beside:.0f} us | {beside / alone:.2f} |")
    print(f"| run -d with {count} ports | {wall:.0f} ms | {cpu:.0f} ms CPU | |", flush=True)
    skiff("rm -f -t 0 -a")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("--pods", type=int, default=200)
    parser.add_argument("--ports", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    skiff("image load -i", options.image)
    print("| attaching | wall ms | CPU ms | more wall | more CPU |\n|---|---|---|---|---|")
    attach_cost(options.rounds)
    many_pods(options.pods)
    print("\n| throughput | skiff Gbit/s | by hand Gbit/s | difference |\n|---|---|---|---|")
    throughput(options.seconds, options.rounds)
    print("\n| ports | | | ratio |\n|---|---|---|---|")
    many_ports(options.ports)


main()
