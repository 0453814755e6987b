// Random changes of pods and networks beside a model that knows what the kernel must have after each of them.
// SKIFF_MODEL_STEPS, SKIFF_MODEL_SEED: how many changes, and which.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "common/file.h"
#include "net_lab.h"
#include "network/network.h"

namespace skiff::network {
namespace {

constexpr int kSteps = 120, kSeed = 20260101;
constexpr int kPods = 6;
constexpr const char* kNetworks[] = {"skiff", "dual", "plain", "six"};
constexpr uint16_t kFirstPort = 21000;

std::set<std::string> Lines(const std::string& text) {
  std::set<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

int Setting(const char* variable, int otherwise) {
  const char* text = ::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

class ModelTest : public ::testing::Test {
 protected:
  struct Pod {
    std::unique_ptr<LabNamespace> space;
    std::vector<std::string> networks;  // in the order of their interfaces
    std::set<Port> ports;
    std::vector<HeldPort> sockets;
  };

  void SetUp() override {
    if (::getenv("SKIFF_SANDBOX") == nullptr)
      GTEST_SKIP() << "changes links and rules: run it under tests/support/sandbox";
    folder_ = "/tmp/network-model-XXXXXX";
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    paths_.state_dir = folder_ + "/state";
    paths_.run_dir = folder_ + "/run";
    paths_.config_dir = folder_ + "/config";
    network_ = std::make_unique<Network>(paths_);
    Definition dual;
    dual.name = "dual";
    dual.ipv6 = true;
    ASSERT_TRUE(network_->Create(dual));
    Definition plain;
    plain.name = "plain";
    plain.options = {{"isolate", "true"}};
    ASSERT_TRUE(network_->Create(plain));
    Definition six;
    six.name = "six";
    six.subnets = {{.subnet = "fd12:6::/64"}};
    ASSERT_TRUE(network_->Create(six));
    for (const char* name : kNetworks) bridges_[name] = network_->Find(name)->interface;
  }

  void TearDown() override {
    if (!network_) return;
    pods_.clear();
    Shell("(ip link delete skiff0; ip link delete skiff1; ip link delete skiff2; ip link delete skiff3; nft flush ruleset) 2>/dev/null; true");
    EXPECT_TRUE(common::RemoveTree(folder_));
  }

  // The number first: links are called after the first digits.
  static std::string IdOf(int number) { return std::to_string(number) + "bcdef000000"; }
  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::vector<Port> PortsOf(const Pod& pod) { return {pod.ports.begin(), pod.ports.end()}; }

  // Every host port belongs to one pod only, so that what is free is known.
  Port RandomPort(int pod) {
    static const char* const kProtocols[] = {"tcp", "udp", "sctp"};
    return {"", static_cast<uint16_t>(kFirstPort + pod * 10 + Random(10)), static_cast<uint16_t>(80 + Random(3)),
            kProtocols[Random(3)]};
  }

  void Start(int number) {
    Pod pod;
    pod.space = std::make_unique<LabNamespace>();
    for (const char* name : kNetworks) {
      if (Random(2) == 0) pod.networks.emplace_back(name);
    }
    if (pod.networks.empty()) pod.networks.emplace_back("dual");
    for (int i = Random(4); i > 0; --i) AddPort(pod, RandomPort(number));
    const std::string id = IdOf(number);
    for (const std::string& name : pod.networks) ASSERT_TRUE(network_->Reserve(*network_->Find(name), id));
    auto sockets = network_->HoldPorts(id, id, PortsOf(pod));
    ASSERT_TRUE(sockets) << sockets.error().message();
    pod.sockets = std::move(*sockets);
    const auto attached = network_->Attach(id, pod.space->pid());
    ASSERT_TRUE(attached) << attached.error().message();
    pods_[number] = std::move(pod);
  }

  static bool AddPort(Pod& pod, const Port& port) {
    for (const Port& other : pod.ports) {
      if (SamePort(other, port)) return false;
    }
    return pod.ports.insert(port).second;
  }

  void Change(int number, Pod& pod) {
    const std::string id = IdOf(number);
    switch (Random(6)) {
      case 0: {
        const auto detached = network_->Detach(id);
        ASSERT_TRUE(detached) << detached.error().message();
        pods_.erase(number);
        return;
      }
      case 1: {
        for (const char* name : kNetworks) {
          if (std::ranges::find(pod.networks, name) != pod.networks.end()) continue;
          const auto connected = network_->Connect(id, pod.space->pid(), *network_->Find(name), {});
          ASSERT_TRUE(connected) << connected.error().message();
          pod.networks.emplace_back(name);
          return;
        }
        return;
      }
      case 2: {
        if (pod.networks.size() < 2) return;
        const size_t leaving = static_cast<size_t>(Random(static_cast<int>(pod.networks.size())));
        const auto left = network_->Disconnect(id, pod.space->pid(), pod.networks[leaving]);
        ASSERT_TRUE(left) << left.error().message();
        pod.networks.erase(pod.networks.begin() + static_cast<std::ptrdiff_t>(leaving));
        return;
      }
      case 3: {
        const std::vector<Port> known = PortsOf(pod);
        const Port port = RandomPort(number);
        if (!AddPort(pod, port)) return;
        auto sockets = network_->HoldPorts(id, id, PortsOf(pod), known);
        ASSERT_TRUE(sockets) << sockets.error().message();
        for (HeldPort& held : *sockets) pod.sockets.push_back(std::move(held));
        ASSERT_TRUE(network_->Publish(id, {port}));
        return;
      }
      case 4: {
        if (pod.ports.empty()) return;
        const Port port = *pod.ports.begin();
        ASSERT_TRUE(network_->Unpublish(id, {port}));
        pod.ports.erase(port);
        std::erase_if(pod.sockets, [&](const HeldPort& held) { return held.port == port; });
        return;
      }
      default: {
        if (Random(3) == 0) Shell("nft flush ruleset");
        if (Random(3) == 0) Shell("ip link delete " + bridges_[pod.networks.front()]);
        for (auto& [other, its] : pods_) {
          const auto reloaded = network_->Reload(IdOf(other), its.space->pid());
          ASSERT_TRUE(reloaded) << reloaded.error().message();
        }
      }
    }
  }

  void Compare(const std::string& when) {
    std::set<std::string> links, ports4, ports6, bridges;
    for (auto& [number, pod] : pods_) {
      const auto leases = network_->Leases(IdOf(number));
      ASSERT_TRUE(leases);
      std::string v4, v6;
      for (const std::string& name : pod.networks) bridges.insert(bridges_[name]);
      for (const Lease& lease : *leases) {
        // The first of each family.
        std::string& first = lease.address.find(':') == std::string::npos ? v4 : v6;
        if (first.empty()) first = lease.address;
      }
      for (const Port& port : pod.ports) {
        const std::string text = fmt::format("{} {} > ", port.protocol, port.host_port);
        if (!v4.empty()) ports4.insert(fmt::format("{}{} {}", text, v4, port.container_port));
        if (!v6.empty()) ports6.insert(fmt::format("{}{} {}", text, v6, port.container_port));
      }
      std::set<std::string> addresses;
      for (const Lease& lease : *leases) addresses.insert(fmt::format("{} {}", lease.interface, lease.address));
      EXPECT_EQ(Lines(Shell("ip -j address | jq -r '.[] | .ifname as $i | .addr_info[] | "
                            "select(.scope == \"global\") | \"\\($i) \\(.local)\"'",
                            pod.space->pid())),
                addresses)
          << when;
    }
    const std::string elements =
        " 2>/dev/null | jq -r '.nftables[] | .map? | select(.) | .elem // [] | .[] | \"\\(.[0].concat[0]) "
        "\\(.[0].concat[1]) > \\(.[1].concat[0]) \\(.[1].concat[1])\"'; true";
    EXPECT_EQ(Lines(Shell("nft -j list map inet skiff port4any" + elements)), ports4) << when;
    EXPECT_EQ(Lines(Shell("nft -j list map inet skiff port6any" + elements)), ports6) << when;
    std::set<std::string> masked;
    for (auto& [number, pod] : pods_) {
      const auto leases = network_->Leases(IdOf(number));
      if (pod.networks.size() < 2 || !leases) continue;
      for (const Lease& lease : *leases) masked.insert(lease.address);
    }
    EXPECT_EQ(Lines(Shell("for set in masked4 masked6; do nft -j list set inet skiff $set 2>/dev/null | "
                          "jq -r '.nftables[] | .set? | select(.) | .elem // [] | .[]'; done")),
              masked)
        << when;
    std::set<std::string> own;
    for (auto& [number, pod] : pods_) {
      const auto leases = network_->Leases(IdOf(number));
      if (!leases) continue;
      for (const Lease& lease : *leases) own.insert(lease.address + " " + lease.address);
    }
    EXPECT_EQ(Lines(Shell("for set in own4 own6; do nft -j list set inet skiff $set 2>/dev/null | "
                          "jq -r '.nftables[] | .set? | select(.) | .elem // [] | .[].concat | join(\" \")'; done")),
              own)
        << when;
    EXPECT_EQ(Lines(Shell("ip -j link show type bridge | jq -r '.[].ifname // empty'")), bridges) << when;
    size_t interfaces = 0;
    for (const auto& [number, pod] : pods_) interfaces += pod.networks.size();
    EXPECT_EQ(Lines(Shell("ip -j link show type veth | jq -r '.[] | select(.master) | .ifname'")).size(), interfaces)
        << when;
    if (pods_.empty()) {
      EXPECT_EQ(Shell("nft list tables"), "") << when;
      EXPECT_FALSE(common::PathExists(paths_.run_dir + "/leases")) << when;
    }
  }

  common::SystemPaths paths_;
  std::string folder_;
  std::unique_ptr<Network> network_;
  std::map<std::string, std::string> bridges_;
  std::map<int, Pod> pods_;
  std::mt19937 random_{static_cast<std::mt19937::result_type>(Setting("SKIFF_MODEL_SEED", kSeed))};
};

TEST_F(ModelTest, KernelIsWhatTheModelSays) {
  const int steps = Setting("SKIFF_MODEL_STEPS", kSteps);
  for (int step = 0; step < steps && !HasFailure(); ++step) {
    const int number = Random(kPods);
    const auto found = pods_.find(number);
    if (found == pods_.end()) Start(number);
    else Change(number, found->second);
    if (HasFatalFailure()) return;
    Compare(fmt::format("step {}, pod {}", step, number));
  }
  while (!pods_.empty()) {
    ASSERT_TRUE(network_->Detach(IdOf(pods_.begin()->first)));
    pods_.erase(pods_.begin());
  }
  Compare("at the end");
}

}  // namespace
}  // namespace skiff::network
