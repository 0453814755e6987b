#include "network/firewall.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace skiff::network {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

std::string Describe(const Port& port) {
  return fmt::format("{}{}{}/{}", port.host_ip, port.host_ip.empty() ? "" : ":", port.host_port,
                     port.protocol);
}

// Messages before the ports of a publishing batch.
constexpr size_t kBridgeMessages = 2;

// `replaced` are deleted first.
Result<NftBatch> BuildPublish(const std::string& bridge, const Ipv4Subnet& subnet, Ipv4Address address,
                              const std::vector<Port>& ports, const std::vector<Port>& replaced) {
  NftBatch batch;
  batch.AddElements(BridgeElement(bridge).get(), NFPROTO_INET, 0);
  batch.AddElements(SubnetElement(subnet).get(), NFPROTO_INET, 0);
  for (const Port& port : replaced) {
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(port, nullptr));
    batch.DeleteElements(element.get(), NFPROTO_INET);
  }
  for (const Port& port : ports) {
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(port, &address));
    batch.AddElements(element.get(), NFPROTO_INET, NLM_F_EXCL);
  }
  return batch;
}

bool Absent(const std::vector<NftFailure>& failures) {
  return std::any_of(failures.begin(), failures.end(), [](const NftFailure& f) { return f.error == ENOENT; });
}

}  // namespace

Result<Firewall> Firewall::Open() {
  ASSIGN_OR_RETURN(NetfilterSocket socket, NetfilterSocket::Open());
  return Firewall(std::move(socket));
}

Result<> Firewall::EnsureTable() {
  ASSIGN_OR_RETURN(const auto failures, socket_.Commit(BuildTable()));
  // Another command was faster.
  if (failures.empty() || failures.front().error == EEXIST) return {};
  return common::Error::FromErrno(
      failures.front().error,
      fmt::format("create nftables table inet {} (message {})", kTable, failures.front().message));
}

Result<> Firewall::Publish(const std::string& bridge, const Ipv4Subnet& subnet, Ipv4Address address,
                           const std::vector<Port>& ports, const Owners& owners) {
  std::vector<Port> replaced;
  // At most: the table is missing, then ports are stale.
  for (int attempt = 0; attempt < 3; ++attempt) {
    ASSIGN_OR_RETURN(const NftBatch batch, BuildPublish(bridge, subnet, address, ports, replaced));
    ASSIGN_OR_RETURN(const auto failures, socket_.Commit(batch));
    if (failures.empty()) return {};
    if (Absent(failures)) {
      TRY(EnsureTable());
      replaced.clear();
      continue;
    }
    std::vector<Port> taken;
    for (const NftFailure& failure : failures) {
      const size_t first = kBridgeMessages + replaced.size();
      if (failure.error != EEXIST || failure.message < first || failure.message >= first + ports.size())
        return common::Error::FromErrno(failure.error,
                                        fmt::format("publish ports of {}", address.ToString()));
      taken.push_back(ports[failure.message - first]);
    }
    ASSIGN_OR_RETURN(replaced, FindStale(taken, address, owners));
  }
  return MakeError(ErrorCode::kBusy, "publish ports of {}: another program keeps changing table inet {}",
                   address.ToString(), kTable);
}

Result<std::vector<Port>> Firewall::FindStale(const std::vector<Port>& taken, Ipv4Address address,
                                              const Owners& owners) {
  std::vector<Port> stale;
  for (const Port& port : taken) {
    const auto target = Find(port);
    if (!target && target.error().code() == ErrorCode::kNotFound) continue;  // gone since
    TRY(target);
    if (target->address != address && !owners.stale(target->address))
      return MakeError(ErrorCode::kExists, "port {} is published by {}", Describe(port),
                       owners.describe(target->address));
    stale.push_back(port);
  }
  return stale;
}

Result<PortTarget> Firewall::Find(const Port& port) {
  ASSIGN_OR_RETURN(const UniqueSet element, PortElement(port, nullptr));
  std::optional<Result<PortTarget>> target;
  TRY(socket_.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETSETELEM, NFPROTO_INET, 0,
      [&](nlmsghdr* request) { nftnl_set_elems_nlmsg_build_payload(request, element.get()); },
      fmt::format("look up published port {}", Describe(port)),
      [&](const nlmsghdr* answer) { target = ParsePortTarget(answer); }));
  if (!target) return MakeError(ErrorCode::kNotFound, "port {} is not published", Describe(port));
  return std::move(*target);
}

Result<> Firewall::Unpublish(Ipv4Address address, const std::vector<Port>& ports) {
  NftBatch batch;
  for (const Port& port : ports) {
    const auto target = Find(port);
    if (!target && target.error().code() == ErrorCode::kNotFound) continue;
    TRY(target);
    if (target->address != address) continue;
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(port, nullptr));
    batch.DeleteElements(element.get(), NFPROTO_INET);
  }
  return socket_.Apply(batch, fmt::format("take back the published ports of {}", address.ToString()));
}

Result<> Firewall::RemoveBridge(const std::string& bridge, const Ipv4Subnet& subnet) {
  for (const auto& element : {BridgeElement(bridge), SubnetElement(subnet)}) {
    NftBatch batch;
    batch.DeleteElements(element.get(), NFPROTO_INET);
    auto result = socket_.Apply(batch, fmt::format("remove bridge {} from table inet {}", bridge, kTable));
    if (!result && result.error().errno_value() != ENOENT) return result;
  }
  return {};
}

Result<> Firewall::RemoveTable() {
  auto result = socket_.Apply(BuildTableRemoval(), fmt::format("remove nftables table inet {}", kTable));
  if (!result && result.error().errno_value() == ENOENT) return {};
  return result;
}

}  // namespace skiff::network
