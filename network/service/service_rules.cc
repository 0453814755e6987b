#include "network/service/service_rules.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "common/file.h"
#include "common/json_fields.h"
#include "network/conntrack.h"
#include "network/links.h"
#include "network/pod_record.h"
#include "network/rtnetlink.h"
#include "network/service/service_leases.h"
#include "network/service/service_table.h"

namespace skiff::network {

using common::ErrorCode;
using common::Result;

namespace {

// What is in the kernel, beside it: the kernel cannot be asked for it as a whole at little cost.
struct Applied {
  std::vector<std::string> ranges;
  std::vector<ServiceRule> rules;
};

template <typename V>
void VisitFields(V& v, Applied& a) {
  v("ranges", a.ranges);
  v("rules", a.rules);
}

std::string AppliedFile(const common::SystemPaths& paths) { return paths.run_dir + "/services/applied.json"; }

Result<bool> TableExists(NetfilterSocket& socket) {
  const UniqueTable table(nftnl_table_alloc());
  nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kServiceTable);
  const auto found = socket.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETTABLE, NFPROTO_INET, 0,
      [&](nlmsghdr* request) { nftnl_table_nlmsg_build_payload(request, table.get()); }, "look for the table of Services",
      [](const nlmsghdr*) {});
  if (found) return true;
  if (found.error().errno_value() == ENOENT) return false;
  return found.error();
}

Result<std::vector<ServiceClient>> ListClients(NetfilterSocket& socket, const std::string& name) {
  const UniqueSet set(nftnl_set_alloc());
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, kServiceTable);
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, name.c_str());
  std::vector<ServiceClient> clients;
  const auto listed = socket.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETSETELEM, NFPROTO_INET, NLM_F_DUMP,
      [&](nlmsghdr* request) { nftnl_set_elems_nlmsg_build_payload(request, set.get()); }, "list the clients of a Service",
      [&](const nlmsghdr* answer) {
        for (const ServiceClient& client : ParseServiceClients(answer)) clients.push_back(client);
      });
  if (!listed && listed.error().errno_value() != ENOENT) return listed.error();  // else the endpoint is new
  return clients;
}

// Clients that stay with an endpoint which is still there.
Result<ClientSets> KeptClients(NetfilterSocket& socket, const std::vector<ServiceRule>& rules) {
  struct Stay {
    uint64_t left_ms = 0;
    std::string set;
  };
  ClientSets kept;
  for (const ServiceRule& rule : rules) {
    if (rule.affinity_s == 0) continue;
    std::map<IpAddress, Stay> stays;
    for (const ServiceEndpoint& endpoint : rule.endpoints) {
      const std::string set = ClientSet(rule, endpoint);
      ASSIGN_OR_RETURN(const auto clients, ListClients(socket, set));
      for (const ServiceClient& client : clients) {
        // Connections that came at once may have put a client into two sets: it stays where it was last, however the
        // endpoints are ordered now.
        Stay& stay = stays[client.address];
        if (client.left_ms > stay.left_ms) stay = {client.left_ms, set};
      }
    }
    const uint64_t most_ms = static_cast<uint64_t>(rule.affinity_s) * 1000;  // the Service may give less time now
    for (const auto& [address, stay] : stays) {
      if (stay.left_ms > 0) kept[stay.set].push_back({address, std::min(stay.left_ms, most_ms)});
    }
  }
  return kept;
}

void AddUdpWays(const ServiceRule& rule, const ServiceEndpoint& endpoint, std::set<TranslatedUdp>& ways) {
  const auto target = IpAddress::Parse(endpoint.address);
  if (!target) return;
  for (const std::string& text : rule.addresses) {
    if (const auto address = IpAddress::Parse(text)) ways.insert({*address, rule.port, *target, endpoint.port});
  }
  for (const uint16_t port : {rule.node_port, rule.host_port}) {
    if (port != 0) ways.insert({std::nullopt, port, *target, endpoint.port});
  }
}

// By which a flow may go, be it an old one.
std::set<TranslatedUdp> UdpWays(const std::vector<ServiceRule>& rules) {
  std::set<TranslatedUdp> ways;
  for (const ServiceRule& rule : rules) {
    if (rule.protocol != "udp") continue;
    for (const auto* endpoints : {&rule.endpoints, &rule.leaving}) {
      for (const ServiceEndpoint& endpoint : *endpoints) AddUdpWays(rule, endpoint, ways);
    }
  }
  return ways;
}

std::set<uint16_t> UdpHostPorts(const std::vector<ServiceRule>& rules) {
  std::set<uint16_t> ports;
  for (const ServiceRule& rule : rules) {
    if (rule.protocol != "udp" || rule.endpoints.empty()) continue;
    if (rule.node_port != 0) ports.insert(rule.node_port);
    if (rule.host_port != 0) ports.insert(rule.host_port);
  }
  return ports;
}

Result<> ForgetUdpFlows(NetfilterSocket& socket, const std::vector<ServiceRule>& before,
                        const std::vector<ServiceRule>& now) {
  // An endpoint may go on behind another Service.
  std::set<TranslatedUdp> gone = UdpWays(before);
  for (const TranslatedUdp& way : UdpWays(now)) gone.erase(way);
  TRY(network::ForgetUdpFlows(socket, gone));
  // Flows that went to the host itself before the port led anywhere.
  std::set<uint16_t> added = UdpHostPorts(now);
  for (const uint16_t port : UdpHostPorts(before)) added.erase(port);
  return ForgetUdpFlowsToPorts(socket, added);
}

RtnlMessage RouteRequest(int type, int flags, const IpSubnet& range) {
  rtmsg header{};
  header.rtm_family = static_cast<unsigned char>(range.base.family());
  header.rtm_dst_len = static_cast<unsigned char>(range.prefix_length);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = range.base.v6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  RtnlMessage message(type, flags);
  message.Append(header).Put(RTA_DST, range.base.data(), range.base.size());
  return message;
}

// The host itself, and pods whose packets no rule turns away, need a route to have their packets looked at: one to any
// bridge of ours does, as no packet ever goes there unchanged.
Result<> EnsureRoute(const common::SystemPaths& paths, const IpSubnet& range) {
  const PodRecords records(paths.run_dir + "/networks/pods", paths.proc_root);
  ASSIGN_OR_RETURN(const auto pods, records.List());
  std::set<std::string> bridges;
  for (const PodRecord& pod : pods) {
    for (const Endpoint& endpoint : pod.endpoints) {
      if (endpoint.network.is_bridge()) bridges.insert(endpoint.network.interface);
    }
  }
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  for (const std::string& bridge : bridges) {
    const auto index = LinkIndex(host, bridge);
    if (!index) continue;
    RtnlMessage message = RouteRequest(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, range);
    message.PutU32(RTA_OIF, static_cast<uint32_t>(*index));
    if (host.Transact(std::move(message), fmt::format("route the Services {} to {}", range.ToString(), bridge))) return {};
    // The bridge goes down with its last pod just now: the next one will do.
  }
  return {};
}

Result<> RemoveRoute(const IpSubnet& range) {
  ASSIGN_OR_RETURN(RtnlSocket host, RtnlSocket::Open());
  auto removed = host.Transact(RouteRequest(RTM_DELROUTE, 0, range), "remove the route of the Services");
  if (!removed && removed.error().errno_value() == ESRCH) return {};
  return removed;
}

Result<> RemoveAll(const common::SystemPaths& paths, const Applied& before) {
  ASSIGN_OR_RETURN(NetfilterSocket socket, NetfilterSocket::Open());
  auto removed = socket.Apply(BuildServiceTableRemoval(), "remove the table of Services");
  if (!removed && removed.error().errno_value() != ENOENT) return removed;
  for (const std::string& text : before.ranges) {
    if (const auto range = IpSubnet::Parse(text)) TRY(RemoveRoute(*range));
  }
  TRY(ForgetUdpFlows(socket, before.rules, {}));
  return common::RemoveFile(AppliedFile(paths));
}

}  // namespace

Result<> ApplyServiceRules(const common::SystemPaths& paths, const std::vector<ServiceRule>& rules, bool any) {
  const auto text = common::ReadFile(AppliedFile(paths));
  if (!text && text.error().code() != ErrorCode::kNotFound) return text.error();
  if (!any && !text) return {};
  Applied before;
  if (text) {
    // A broken file only costs the knowledge of what was there.
    if (auto decoded = common::DecodeJson<Applied>(*text, AppliedFile(paths))) before = std::move(*decoded);
  }
  if (!any) return RemoveAll(paths, before);
  std::vector<IpSubnet> ranges;
  std::vector<std::string> texts;
  for (const bool v6 : {false, true}) {
    // A range of IPv6 is only chosen once a Service wants it.
    if (v6 && std::ranges::none_of(rules, &ServiceRule::v6)) continue;
    ASSIGN_OR_RETURN(ranges.emplace_back(), ServiceLeases(paths).Range(v6));
    texts.push_back(ranges.back().ToString());
  }
  const std::string wanted = common::EncodeJson(Applied{texts, rules});
  ASSIGN_OR_RETURN(NetfilterSocket socket, NetfilterSocket::Open());
  ASSIGN_OR_RETURN(const bool exists, TableExists(socket));
  if (!exists || !text || *text != wanted) {
    ASSIGN_OR_RETURN(const auto clients, KeptClients(socket, rules));
    ASSIGN_OR_RETURN(const NftBatch batch, BuildServiceTable(rules, ranges, clients));
    TRY(common::MakeDirectories(paths.run_dir + "/services"));
    TRY(socket.Apply(batch, "write the table of Services"));
    TRY(ForgetUdpFlows(socket, before.rules, rules));
    // Last: whoever is killed before leaves it to the next one to do all again.
    TRY(common::WriteFileAtomic(AppliedFile(paths), wanted, 0600));
  }
  for (const IpSubnet& range : ranges) TRY(EnsureRoute(paths, range));
  for (const std::string& old : before.ranges) {
    const auto range = IpSubnet::Parse(old);
    if (range && std::ranges::find(ranges, *range) == ranges.end()) TRY(RemoveRoute(*range));
  }
  return {};
}

}  // namespace skiff::network
