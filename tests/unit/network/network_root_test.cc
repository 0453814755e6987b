// Pods' namespaces wired by the module, judged by real sockets and by what the kernel lists. Needs the
// sandbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <set>

#include "common/file.h"
#include "common/json.h"
#include "net_lab.h"
#include "network/network.h"

namespace skiff::network {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kHostAddress[] = "192.0.2.1";
constexpr char kClientAddress[] = "192.0.2.2";

class NetworkRootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::getenv("SKIFF_SANDBOX") == nullptr)
      GTEST_SKIP() << "changes links and rules: run it under tests/support/sandbox";
    std::string folder = "/tmp/network-test-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    paths_.state_dir = folder + "/state";
    paths_.run_dir = folder + "/run";
    paths_.config_dir = folder + "/config";
    folder_ = folder;
    network_ = std::make_unique<Network>(paths_);
    client_ = std::make_unique<LabNamespace>();
    Shell("ip link add outside type veth peer name eth0 netns " + std::to_string(client_->pid()) +
          " && ip address add 192.0.2.1/24 dev outside && ip link set outside up");
    Shell("ip address add 192.0.2.2/24 dev eth0 && ip link set eth0 up && ip link set lo up", client_->pid());
    baseline_ = KernelState();
  }

  void TearDown() override {
    if (!network_) return;
    client_.reset();
    // Also after a failed test.
    Shell("(ip link delete outside; ip link delete skiff0; nft flush ruleset) 2>/dev/null; true");
    EXPECT_TRUE(common::RemoveTree(folder_));
  }

  struct Pod {
    std::string id;
    std::unique_ptr<LabNamespace> space = std::make_unique<LabNamespace>();
    std::vector<HeldPort> sockets;
    std::string address;
    pid_t pid() const { return space->pid(); }
  };

  Pod StartPod(const std::string& id, const std::vector<Port>& ports = {}) {
    Pod pod{.id = id};
    const auto definition = network_->Find(Network::kDefaultName);
    EXPECT_TRUE(definition) << definition.error().message();
    const auto lease = network_->Reserve(*definition, id);
    EXPECT_TRUE(lease) << lease.error().message();
    auto sockets = network_->HoldPorts(id, "name-of-" + id, ports);
    EXPECT_TRUE(sockets) << sockets.error().message();
    if (sockets) pod.sockets = std::move(*sockets);
    const auto attached = network_->Attach(id, pod.pid());
    EXPECT_TRUE(attached) << attached.error().message();
    if (lease) pod.address = lease->front().address;
    return pod;
  }

  void StopPod(const Pod& pod) {
    const auto result = network_->Detach(pod.id);
    EXPECT_TRUE(result) << result.error().message();
  }

  // Links, addresses, routes and rules of the host, and the files that say who holds what.
  std::string KernelState() const {
    return Shell(
        "ip -o link | sed 's/@.*//; s/^[0-9]*: //' | sort; ip -o address | grep -v inet6 | cut -d' ' -f2-; "
        "ip route | sed 's/ linkdown//'; "
        "nft list ruleset; find " +
        paths_.run_dir + " -path '*leases*' -o -path '*pods/*' 2>/dev/null || true");
  }

  common::SystemPaths paths_;
  std::string folder_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<LabNamespace> client_;
  std::string baseline_;
};

TEST_F(NetworkRootTest, WiresThePodsNamespace) {
  const Pod pod = StartPod("aaaaaaaaaaaa0001");
  const std::string address = Shell("ip -j address show eth0", pod.pid());
  const auto document = common::ParseJson(address, "ip");
  ASSERT_TRUE(document) << address;
  const auto& link = (*document)[0];
  EXPECT_EQ(common::GetString(link, "operstate"), "UP");
  EXPECT_EQ(common::GetString(link["addr_info"][0], "local"), pod.address);
  EXPECT_EQ(common::GetInt(link["addr_info"][0], "prefixlen"), 24);
  EXPECT_THAT(Shell("ip route", pod.pid()), StartsWith("default via 10.89.0.1 dev eth0"));
  EXPECT_THAT(Shell("ip address show lo", pod.pid()), HasSubstr("127.0.0.1/8"));
  EXPECT_THAT(Shell("bridge -d link show dev vethaaaaaaaaaa"), HasSubstr("hairpin on"));
  // A bridge port that sends a neighbour solicitation back must not make the pod believe that its address is
  // taken.
  EXPECT_THAT(
      Shell("sleep 2.5; ip -6 address show eth0", pod.pid()),
      ::testing::AllOf(HasSubstr("fe80::"), Not(HasSubstr("tentative")), Not(HasSubstr("dadfailed"))));
  StopPod(pod);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, LoopbackOnly) {
  const LabNamespace space;
  ASSERT_TRUE(network_->BringUpLoopback(space.pid()));
  const LabServer server(space.pid(), "tcp", "127.0.0.1", 80);
  EXPECT_EQ(Ask(space.pid(), "tcp", "127.0.0.1", 80), "127.0.0.1");
}

TEST_F(NetworkRootTest, RulesetIsAsDesigned) {
  const Pod pod = StartPod("aaaaaaaaaaaa0002", {{"", 8080, 80, "tcp"}, {kHostAddress, 5353, 53, "udp"}});
  const auto golden = common::ReadFile(std::string(SKIFF_TEST_DATA) + "/ruleset.nft");
  ASSERT_TRUE(golden);
  std::string wanted = *golden;
  for (size_t at; (at = wanted.find("POD")) != std::string::npos;) wanted.replace(at, 3, pod.address);
  // Older versions of nft have no name for this priority at this hook.
  EXPECT_EQ(Shell("nft list table inet skiff | sed 's/output priority dstnat/output priority -100/'"),
            wanted);
  StopPod(pod);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, TableOfAnotherVersionIsMadeAnew) {
  const Pod web = StartPod("aaaaaaaaaaaa0012", {{"", 8080, 80, "tcp"}});
  const LabServer server(web.pid(), "tcp", "0.0.0.0", 80);
  const auto ruleset = [] { return Shell("nft list table inet skiff"); };
  const std::string before = ruleset();
  Shell("nft 'delete table inet skiff; add table inet skiff; add chain inet skiff guard; add set inet skiff net4 { type ipv4_addr; }'");
  EXPECT_THAT(Ask(client_->pid(), "tcp", kHostAddress, 8080), StartsWith("failed"));
  const Pod other = StartPod("bbbbbbbbbbbb0012");
  EXPECT_EQ(Ask(client_->pid(), "tcp", kHostAddress, 8080), kClientAddress);
  StopPod(other);
  EXPECT_EQ(ruleset(), before);
  // A pod that leaves needs nothing of it.
  Shell("nft 'delete table inet skiff; add table inet skiff'");
  StopPod(web);
  EXPECT_EQ(KernelState(), baseline_);
}

class PathTest : public NetworkRootTest, public ::testing::WithParamInterface<std::tuple<std::string, bool>> {
 protected:
  void SetUp() override {
    NetworkRootTest::SetUp();
    if (IsSkipped()) return;
    const std::string file = "/proc/sys/net/bridge/bridge-nf-call-iptables";
    if (!common::PathExists(file)) {
      if (bridge_filter()) GTEST_SKIP() << "this kernel has no br_netfilter loaded";
      return;
    }
    ASSERT_TRUE(common::WriteFile(file, bridge_filter() ? "1" : "0"));
  }
  std::string protocol() const { return std::get<0>(GetParam()); }
  bool bridge_filter() const { return std::get<1>(GetParam()); }
};

TEST_P(PathTest, EveryPathToAPod) {
  const std::string p = protocol();
  const Pod web = StartPod("aaaaaaaaaaaa0003", {{"", 8080, 80, p}, {kHostAddress, 9090, 80, p}});
  const Pod other = StartPod("bbbbbbbbbbbb0003");
  const LabServer server(web.pid(), p, "0.0.0.0", 80);
  const LabServer outside(client_->pid(), p, kClientAddress, 7000);

  EXPECT_EQ(Ask(other.pid(), p, web.address, 80), other.address) << "pod to pod";
  EXPECT_EQ(Ask(other.pid(), p, kClientAddress, 7000), kHostAddress) << "pod to the outside";
  EXPECT_EQ(Ask(client_->pid(), p, kHostAddress, 8080), kClientAddress) << "other host to a published port";
  EXPECT_EQ(Ask(client_->pid(), p, kHostAddress, 9090), kClientAddress) << "the same, on one address";
  EXPECT_EQ(Ask(kHere, p, "127.0.0.1", 8080), "10.89.0.1") << "localhost";
  EXPECT_EQ(Ask(kHere, p, kHostAddress, 8080), kHostAddress) << "the host's own address";
  EXPECT_THAT(Ask(kHere, p, "127.0.0.1", 9090), StartsWith("failed")) << "published on another address only";
  // The answer goes straight to a pod on the same bridge: only br_netfilter shows it to the kernel's connection tracking.
  EXPECT_EQ(Ask(other.pid(), p, kHostAddress, 8080), bridge_filter() ? other.address : "10.89.0.1") << "pod to a published port";
  EXPECT_EQ(Ask(web.pid(), p, kHostAddress, 8080), "10.89.0.1")
      << "the pod itself through its published port";
  EXPECT_EQ(Ask(web.pid(), p, "10.89.0.1", 8080), "10.89.0.1") << "the same through the gateway";

  StopPod(web);
  EXPECT_THAT(Ask(client_->pid(), p, kHostAddress, 8080), StartsWith("failed")) << "after the end";
  EXPECT_EQ(Ask(other.pid(), p, kClientAddress, 7000), kHostAddress) << "the other pod is untouched";
  StopPod(other);
  EXPECT_EQ(KernelState(), baseline_);
}

INSTANTIATE_TEST_SUITE_P(Protocols, PathTest,
                         ::testing::Combine(::testing::Values("tcp", "udp"), ::testing::Bool()),
                         [](const auto& test) {
                           return std::get<0>(test.param) + (std::get<1>(test.param) ? "_bridge_nf" : "");
                         });

TEST_F(NetworkRootTest, PodsCannotReachTheHostsLoopback) {
  const Pod pod = StartPod("aaaaaaaaaaaa0004");
  const LabServer secret(kHere, "tcp", "127.0.0.1", 6379);
  Shell("ip route add 127.0.0.99/32 via 10.89.0.1 && sysctl -qw net.ipv4.conf.all.route_localnet=1",
        pod.pid());
  EXPECT_EQ(Ask(kHere, "tcp", "127.0.0.1", 6379), "127.0.0.1");
  Shell("ip address delete 127.0.0.1/8 dev lo && ip route add 127.0.0.1/32 via 10.89.0.1", pod.pid());
  EXPECT_THAT(Ask(pod.pid(), "tcp", "127.0.0.1", 6379), StartsWith("failed"));
  // It is the guard that stops it: without the rule the service is open.
  Shell("nft flush chain inet skiff guard");
  EXPECT_EQ(Ask(pod.pid(), "tcp", "127.0.0.1", 6379), pod.address);
  StopPod(pod);
}

TEST_F(NetworkRootTest, ForeignForwardChainIsPassed) {
  Shell(
      "iptables-nft -N DOCKER-USER && iptables-nft -P FORWARD DROP && iptables-nft -A FORWARD -j "
      "DOCKER-USER");
  Shell(
      "nft 'add table inet fw; add chain inet fw forward { type filter hook forward priority 10; policy "
      "drop; }'");
  const Pod web = StartPod("aaaaaaaaaaaa0005", {{"", 8080, 80, "tcp"}});
  const LabServer server(web.pid(), "tcp", "0.0.0.0", 80);
  EXPECT_EQ(Ask(client_->pid(), "tcp", kHostAddress, 8080), kClientAddress);
  const Pod second = StartPod("bbbbbbbbbbbb0005");
  const std::string rules = Shell("iptables-nft -S DOCKER-USER; nft list chain inet fw forward");
  EXPECT_THAT(rules,
              HasSubstr("-A DOCKER-USER -i skiff0 -m comment --comment \"skiff: skiff0\" -j ACCEPT\n"));
  EXPECT_EQ(rules.find("oifname", rules.find("oifname") + 1), std::string::npos) << "once, not per pod:\n"
                                                                                 << rules;
  StopPod(web);
  StopPod(second);
  EXPECT_THAT(Shell("nft list ruleset"), Not(HasSubstr("skiff")));
  Shell("nft delete table ip filter && nft delete table inet fw");
}

TEST_F(NetworkRootTest, TakenPortNamesItsHolder) {
  const Pod web = StartPod("aaaaaaaaaaaa0006", {{"", 8080, 80, "tcp"}});
  const auto by_pod = network_->HoldPorts("bbbbbbbbbbbb0006", "late", {{"", 8080, 80, "tcp"}});
  ASSERT_FALSE(by_pod);
  EXPECT_EQ(by_pod.error().message(), "port 8080/tcp is in use by pod name-of-aaaaaaaaaaaa0006");
  EXPECT_EQ(by_pod.error().code(), common::ErrorCode::kExists);

  const LabServer server(kHere, "tcp", "0.0.0.0", 9000);
  const auto twice = network_->HoldPorts("bbbbbbbbbbbb0006", "late", {{"", 9100, 80, "tcp"}, {kHostAddress, 9100, 81, "tcp"}});
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), HasSubstr("port 9100/tcp is published twice"));
  const auto by_program = network_->HoldPorts("bbbbbbbbbbbb0006", "late", {{kHostAddress, 9000, 80, "tcp"}});
  ASSERT_FALSE(by_program);
  EXPECT_THAT(
      by_program.error().message(),
      ::testing::MatchesRegex("port 192.0.2.1:9000/tcp is in use by network_root_te \\(pid [0-9]+\\)"));
  // And a published port is kept from a program that sets SO_REUSEADDR.
  EXPECT_THAT(Shell("(busybox nc -l -p 8080 </dev/null) 2>&1; true"), HasSubstr("Address already in use"));
  StopPod(web);
  EXPECT_TRUE(network_->Detach("bbbbbbbbbbbb0006"));
}

TEST_F(NetworkRootTest, UdpClientThatKeepsItsSocketFollowsThePort) {
  // One socket for the whole test: its flow is what would stay behind.
  const auto ask_again = [&] { return Ask(client_->pid(), "udp", kHostAddress, 5353); };
  Pod first = StartPod("aaaaaaaaaaaa0007", {{"", 5353, 53, "udp"}});
  auto server = std::make_unique<LabServer>(first.pid(), "udp", "0.0.0.0", 53);
  EXPECT_EQ(ask_again(), kClientAddress);
  EXPECT_EQ(Shell("grep udp /proc/net/nf_conntrack | grep -c 'sport=53 '"), "1\n");
  StopPod(first);
  EXPECT_EQ(Shell("grep udp /proc/net/nf_conntrack | grep -c 'sport=53 ' || true"), "0\n");
}

TEST_F(NetworkRootTest, StaticAddressAndReuse) {
  const auto definition = network_->Find(Network::kDefaultName);
  ASSERT_TRUE(definition);
  const auto lease = network_->Reserve(*definition, "aaaaaaaaaaaa0008",
                                       {.static_ips = {"10.89.0.77"}, .static_mac = "02:aa:bb:cc:dd:01"});
  ASSERT_TRUE(lease) << lease.error().message();
  EXPECT_EQ(lease->front().address, "10.89.0.77");
  EXPECT_EQ(lease->front().mac, "02:aa:bb:cc:dd:01");
  const auto again = network_->Reserve(*definition, "aaaaaaaaaaaa0008");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->front().address, "10.89.0.77");
  const auto taken = network_->Reserve(*definition, "bbbbbbbbbbbb0008", {.static_ips = {"10.89.0.77"}});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "address 10.89.0.77 of network skiff is held by pod aaaaaaaaaaaa0008");
  EXPECT_TRUE(network_->Detach("aaaaaaaaaaaa0008"));
  EXPECT_TRUE(network_->Detach("bbbbbbbbbbbb0008"));
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, FailedAttachLeavesNothing) {
  const auto definition = network_->Find(Network::kDefaultName);
  ASSERT_TRUE(definition);
  auto lease = network_->Reserve(*definition, "aaaaaaaaaaaa0009");
  ASSERT_TRUE(lease);
  const LabNamespace space;
  Shell("ip link add eth0 type bridge", space.pid());  // the name is taken
  const auto sockets = network_->HoldPorts("aaaaaaaaaaaa0009", "web", {{"", 8080, 80, "tcp"}});
  ASSERT_TRUE(sockets);
  const auto attached = network_->Attach("aaaaaaaaaaaa0009", space.pid());
  ASSERT_FALSE(attached);
  EXPECT_THAT(Shell("ip -o link; nft list table inet skiff"),
              Not(::testing::AnyOf(HasSubstr("vethaaa"), HasSubstr("8080"))));
  EXPECT_TRUE(network_->Detach("aaaaaaaaaaaa0009"));
  EXPECT_EQ(KernelState(), baseline_);
}

// A process of its own, as each command is.
pid_t Spawn(const std::function<bool()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body() ? 0 : 1);
  return pid;
}

void ExpectSuccess(const std::vector<pid_t>& commands) {
  for (const pid_t pid : commands) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(NetworkRootTest, TwentyCommandsAtOnce) {
  constexpr int kCommands = 20;
  constexpr int kRounds = 3;
  std::vector<pid_t> commands;
  for (int i = 0; i < kCommands; ++i) {
    commands.push_back(Spawn([&, i] {
      Network network(paths_);
      for (int round = 0; round < kRounds; ++round) {
        const LabNamespace space;
        const std::string id = fmt::format("{:04}{:02}cccccccccc", i, round);
        const std::vector<Port> ports = {{"", static_cast<uint16_t>(20000 + i), 80, "tcp"}};
        const auto definition = network.Find(Network::kDefaultName);
        if (!definition) return false;
        const auto lease = network.Reserve(*definition, id);
        const auto sockets = network.HoldPorts(id, id, ports);
        auto result = lease && sockets
                          ? network.Attach(id, space.pid())
                          : common::Result<>(common::Error(common::ErrorCode::kInternal, "reserve"));
        if (!result) std::fprintf(stderr, "%s\n", result.error().message().c_str());
        // Nobody else may answer at this address: it is ours from the first packet on.
        const LabServer server(space.pid(), "tcp", "0.0.0.0", 80);
        const std::string answer = Ask(kHere, "tcp", "127.0.0.1", 20000 + i);
        if (answer != definition->Gateway(false)) std::fprintf(stderr, "port %d: %s\n", 20000 + i, answer.c_str());
        const auto detached = network.Detach(id);
        if (!detached) std::fprintf(stderr, "%s\n", detached.error().message().c_str());
        if (!result || !detached || answer != definition->Gateway(false)) return false;
      }
      return true;
    }));
  }
  ExpectSuccess(commands);
  EXPECT_EQ(KernelState(), baseline_);
}

// Whoever looks for networks without pods comes to those that others are just removing.
TEST_F(NetworkRootTest, NetworksThatAreRemovedAtOnce) {
  constexpr int kCommands = 12;
  constexpr int kRounds = 8;
  std::vector<pid_t> commands;
  for (int i = 0; i < kCommands; ++i) {
    commands.push_back(Spawn([&, i] {
      Network network(paths_);
      for (int round = 0; round < kRounds; ++round) {
        const std::string pod = fmt::format("pod{}", i);
        const auto definition = network.Create({.name = fmt::format("net{}-{}", i, round)});
        if (!definition || !network.Reserve(*definition, pod)) return false;
        for (const auto& result : {network.Detach(pod), network.Remove(definition->name)}) {
          if (result) continue;
          std::fprintf(stderr, "%s: %s\n", definition->name.c_str(), result.error().message().c_str());
          return false;
        }
      }
      return true;
    }));
  }
  ExpectSuccess(commands);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, AddressesAreNeverGivenTwice) {
  constexpr int kCommands = 40;
  const auto definition = network_->Find(Network::kDefaultName);
  ASSERT_TRUE(definition);
  std::vector<pid_t> commands;
  for (int i = 0; i < kCommands; ++i)
    commands.push_back(
        Spawn([&, i] { return Network(paths_).Reserve(*definition, fmt::format("pod{}", i)).has_value(); }));
  ExpectSuccess(commands);
  std::set<std::string> addresses;
  for (int i = 0; i < kCommands; ++i) {
    const auto lease = network_->Reserve(*definition, fmt::format("pod{}", i));
    ASSERT_TRUE(lease);
    addresses.insert(lease->front().address);
  }
  EXPECT_EQ(addresses.size(), static_cast<size_t>(kCommands));
  for (int i = 0; i < kCommands; ++i) EXPECT_TRUE(network_->Detach(fmt::format("pod{}", i)));
  EXPECT_EQ(KernelState(), baseline_);
}

// One command is killed at a random point, again and again; sweeping must find everything.
class KillTest : public NetworkRootTest {
 protected:
  static constexpr char kVictim[] = "aaaaaaaaaaaa0010";
  static constexpr char kLiving[] = "bbbbbbbbbbbb0010";

  // Starts and stops a pod for ever.
  bool RunVictim(pid_t netns_pid) {
    Network network(paths_);
    const std::vector<Port> ports = {{"", 8080, 80, "tcp"}, {"", 5353, 53, "udp"}};
    const auto definition = network.Find(Network::kDefaultName);
    while (true) {
      const auto lease = network.Reserve(*definition, kVictim);
      const auto sockets = network.HoldPorts(kVictim, "victim", ports);
      if (!lease || !sockets) return false;
      if (!network.Attach(kVictim, netns_pid)) return false;
      if (!network.Detach(kVictim)) return false;
    }
  }

  void KillAndSweep(const std::string& wanted_state) {
    for (int round = 0; round < 60; ++round) {
      const LabNamespace space;
      const pid_t command = Spawn([&] { return RunVictim(space.pid()); });
      ::usleep(static_cast<useconds_t>(round * 331 % 20000 + 300));
      ::kill(command, SIGKILL);
      int status = 0;
      ::waitpid(command, &status, 0);
      ASSERT_TRUE(WIFSIGNALED(status)) << "the command failed by itself";
      // In another process: this one still owns the living pod's record.
      const auto swept = RunIn(kHere, [&]() -> std::string {
        const auto result = Network(paths_).Sweep([](const std::string& id) { return id == kLiving; });
        return result ? "" : result.error().message();
      });
      ASSERT_EQ(swept, "");
      ASSERT_EQ(KernelState(), wanted_state) << "round " << round;
    }
  }
};

TEST_F(KillTest, BesideALivingPod) {
  const Pod living = StartPod(kLiving);
  const LabServer server(living.pid(), "tcp", "0.0.0.0", 80);
  KillAndSweep(KernelState());
  EXPECT_EQ(Ask(kHere, "tcp", living.address, 80), "10.89.0.1");
  StopPod(living);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(KillTest, TheOnlyPod) {
  ASSERT_TRUE(network_->Find(Network::kDefaultName));
  KillAndSweep(baseline_);
}

TEST_F(NetworkRootTest, HostAddresses) {
  Shell("ip route add default via 192.0.2.2");
  const auto addresses = network_->HostAddresses();
  ASSERT_TRUE(addresses);
  EXPECT_EQ(*addresses, std::vector<std::string>{kHostAddress});
  Shell("ip route delete default");
  EXPECT_EQ(*network_->HostAddresses(), std::vector<std::string>{kHostAddress}) << "without a default route the first interface's";
  const Pod pod = StartPod("aaaaaaaaaaaa");
  EXPECT_EQ(*network_->HostAddresses(), std::vector<std::string>{kHostAddress});
  // Of a host that is on no network our bridges' are the only ones, for as long as there are any.
  Shell("ip address flush dev outside");
  EXPECT_EQ(*network_->HostAddresses(), std::vector<std::string>{"10.89.0.1"});
  EXPECT_EQ(*network_->HostAddresses(Network::OwnBridges::kNever), std::vector<std::string>{"127.0.0.1"});
  StopPod(pod);
  EXPECT_EQ(*network_->HostAddresses(), std::vector<std::string>{"127.0.0.1"});
}

TEST_F(NetworkRootTest, PortOfADeadPodIsTakenOver) {
  // Its record is gone, its element is not: as when the run directory was wiped.
  const Pod dead = StartPod("aaaaaaaaaaaa0011", {{"", 8080, 80, "tcp"}});
  ASSERT_TRUE(common::RemoveTree(paths_.run_dir));
  Pod next = StartPod("bbbbbbbbbbbb0011");  // takes the same address again
  next = StartPod("cccccccccccc0011");
  const auto definition = network_->Find(Network::kDefaultName);
  const auto lease = network_->Reserve(*definition, "cccccccccccc0011");
  ASSERT_TRUE(network_->Detach("bbbbbbbbbbbb0011"));
  const auto attached = network_->Publish("cccccccccccc0011", {{"", 8080, 80, "tcp"}});
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(Shell("nft list map inet skiff port4any"),
              HasSubstr("tcp . 8080 : " + lease->front().address + " . 80"));
  StopPod(next);
}

TEST_F(NetworkRootTest, PublishedPortOfALivingPodIsKept) {
  const Pod web = StartPod("aaaaaaaaaaaa0012", {{"", 8080, 80, "tcp"}});
  const Pod late = StartPod("bbbbbbbbbbbb0012");
  const auto attached = network_->Publish("bbbbbbbbbbbb0012", {{"", 8080, 80, "tcp"}});
  ASSERT_FALSE(attached);
  EXPECT_EQ(attached.error().message(), "port 8080/tcp is published by pod name-of-aaaaaaaaaaaa0012");
  EXPECT_TRUE(network_->Detach("bbbbbbbbbbbb0012"));
  const LabServer server(web.pid(), "tcp", "0.0.0.0", 80);
  EXPECT_EQ(Ask(client_->pid(), "tcp", kHostAddress, 8080), kClientAddress);
  StopPod(web);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, AThousandPortsInOneTransaction) {
  std::vector<Port> ports;
  for (int i = 0; i < 1000; ++i)
    ports.push_back({"", static_cast<uint16_t>(30000 + i), static_cast<uint16_t>(1 + i), "tcp"});
  const Pod pod = StartPod("aaaaaaaaaaaa0013", ports);
  const LabServer server(pod.pid(), "tcp", "0.0.0.0", 1000);
  EXPECT_EQ(Ask(client_->pid(), "tcp", kHostAddress, 30999), kClientAddress);
  StopPod(pod);
  EXPECT_EQ(KernelState(), baseline_);
}

TEST_F(NetworkRootTest, SubnetAvoidsTheHostsRoutes) {
  Shell("ip route add 10.89.0.0/22 via 192.0.2.2");
  const auto definition = network_->Find(Network::kDefaultName);
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->subnets.front().subnet, "10.89.4.0/24");
  Shell("ip route delete 10.89.0.0/22");
}

}  // namespace
}  // namespace skiff::network
