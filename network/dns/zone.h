// What one network's name server answers by itself: the Kubernetes DNS specification for cluster.local, podman's names of
// pods and containers, the host's names, and addresses back to names.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "network/dns/message.h"
#include "network/dns/names.h"

namespace skiff::dns {

inline constexpr char kClusterDomain[] = "cluster.local";
inline constexpr char kPodmanDomain[] = "dns.podman";

struct Verdict {
  // kForward: not ours. kFollow: `response` begins with an alias whose name, `target`, is to be looked up elsewhere.
  enum class Kind { kAnswer, kForward, kFollow };
  Kind kind = Kind::kAnswer;
  Response response;
  std::string target;
};

class Zone {
 public:
  // The host as its pods reach it.
  void SetHostAddresses(std::vector<std::string> addresses) { host_addresses_ = std::move(addresses); }
  void SetServices(network::DnsServices services);
  // By the pod's id.
  void SetPod(const std::string& id, network::DnsPod pod);
  void RemovePod(const std::string& id);
  bool HasPods() const { return !pods_.empty(); }

  Verdict Resolve(const std::string& name, uint16_t type) const;
  // The id of the pod with this address; empty: none.
  std::string PodAt(const std::string& client) const;
  // The servers that the pod with this address asks instead of the host's; empty: none of its own.
  std::vector<std::string> ServersOf(const std::string& client) const;

 private:
  using Labels = std::vector<std::string_view>;
  struct Found {
    bool exists = false;  // false: no such name
    std::vector<Record> answers, additional;
    std::string alias;
  };

  Found ResolveCluster(const Labels& labels, const std::string& name, uint16_t type) const;
  Found ResolveService(const Labels& labels, const std::string& name, uint16_t type) const;
  Found ServicePorts(const network::DnsService& service, std::string_view port, std::string_view protocol,
                     const std::string& name, uint16_t type) const;
  Found ResolvePodAddress(std::string_view dashed, std::string_view kube_namespace, const std::string& name, uint16_t type) const;
  Found ResolvePodman(const std::string& label, const std::string& name, uint16_t type) const;
  Found ResolveReverse(const std::string& name, uint16_t type) const;
  bool HasNamespace(std::string_view kube_namespace) const;

  std::vector<std::string> host_addresses_;
  std::map<std::pair<std::string, std::string>, network::DnsService> services_;  // namespace, name
  std::map<std::string, network::DnsPod> pods_;
  std::map<std::string, std::set<std::string>> pods_by_name_;     // ids
  std::map<std::string, std::set<std::string>> pods_by_address_;
  std::map<std::string, std::set<std::string>> service_names_by_address_;
};

// Whether `verdict` says that no pod has `name`, which has the form of podman's names of pods and containers.
bool IsUnknownPodName(const std::string& name, const Verdict& verdict);
// "10-0-0-5" of "10.0.0.5"; colons become hyphens too.
std::string DashedAddress(const std::string& address);
// The address in "5.0.0.10.in-addr.arpa" or "....ip6.arpa"; empty: it is none.
std::string AddressOfReverseName(std::string_view name);

}  // namespace skiff::dns
