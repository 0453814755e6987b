// The texts of a pod's /etc/hosts and /etc/resolv.conf (kube-semantics.md 9, formats.md 4.7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pod/spec.h"

namespace skiff::pod {

struct HostsInput {
  bool kubernetes = false;   // the form of the kubelet, else that of podman
  bool host_network = false;
  std::string host_file;     // the host's /etc/hosts
  std::vector<std::string> addresses;  // of the pod, on all its networks
  std::string hostname;
  std::string domain;        // what makes the host name a full one, may be empty
  std::string name;          // a second name for the address, may be empty
  std::string host_address;  // of the host as seen from the pod, empty: unknown
  std::vector<HostAlias> aliases;
};
std::string RenderHosts(const HostsInput& input);
// The same file after the pod has joined or left a network: lines of `before` that are not in `after` go, new addresses get
// the names of the others, or where there are none the lines that `at_start` has for them. All else, what containers have
// written too, stays.
std::string ReplaceHostsAddresses(std::string_view text, const std::vector<std::string>& before,
                                  const std::vector<std::string>& after, std::string_view at_start);
// The host's own names lead to `after` instead, the gateway of another network.
std::string ReplaceHostAddress(std::string_view text, const std::string& before, const std::string& after);

struct ResolvConfInput {
  DnsConfig dns;
  bool kubernetes = false;    // lists of `dns` are added to the host's; otherwise they take their place
  bool host_network = false;  // resolvers on the host's loopback are reachable
  // The name servers of the pod's networks: the only ones then. They ask the others, also those of `dns` for `run`.
  std::vector<std::string> network_servers;
  std::string kube_namespace;
  std::string host_file;      // the host's resolv.conf
};
// At most 3 name servers and 32 search domains, as resolvers read no more; for Kubernetes 2048 characters of them.
std::string RenderResolvConf(const ResolvConfInput& input);
// What the kubelet says about those that were left out, empty: all are there.
std::vector<std::string> ResolvConfOmissions(const ResolvConfInput& input);
// The same file after the pod has joined or left a network: `after` takes the place of the name servers `before`. A file that
// asks none of these (another dnsPolicy, or changed by hand) stays as it is.
std::string ReplaceNameServers(std::string_view text, const std::vector<std::string>& before,
                               const std::vector<std::string>& after);

// True when the only name servers of a resolv.conf are on the loopback (a local stub such as systemd-resolved), which a
// pod cannot reach.
bool OnlyLoopbackResolvers(std::string_view resolv_conf);

}  // namespace skiff::pod
