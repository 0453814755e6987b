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

constexpr int kAttempts = 5;

bool Absent(const std::vector<NftFailure>& failures) {
  return std::any_of(failures.begin(), failures.end(), [](const NftFailure& f) { return f.error == ENOENT; });
}

common::Error TableError(const NftFailure& failure) {
  const common::Error cause = common::Error::FromErrno(
      failure.error, fmt::format("create nftables table inet {} (message {})", kTable, failure.message));
  // What a kernel without a module answers to a rule that needs it.
  if (failure.error != EOPNOTSUPP && failure.error != ENOENT) return cause;
  return MakeError(ErrorCode::kUnsupported,
                   "{}: this kernel lacks what published ports and masquerading need: load the modules nf_tables, "
                   "nft_nat, nft_masq, nft_fib_inet and nft_ct, or use --network host",
                   cause.message());
}

}  // namespace

Result<Firewall> Firewall::Open() {
  ASSIGN_OR_RETURN(NetfilterSocket socket, NetfilterSocket::Open());
  return Firewall(std::move(socket));
}

Result<Firewall::TableState> Firewall::FindTable() {
  const auto exists = [&](int request_type, const std::function<void(nlmsghdr*)>& build) -> Result<bool> {
    const auto found = socket_.Query(NetfilterSocket::kNftables | request_type, NFPROTO_INET, 0, build,
                                     "look up the nftables table", [](const nlmsghdr*) {});
    if (!found && found.error().errno_value() == ENOENT) return false;
    TRY(found);
    return true;
  };
  const UniqueChain version(nftnl_chain_alloc());
  nftnl_chain_set_str(version.get(), NFTNL_CHAIN_TABLE, kTable);
  nftnl_chain_set_str(version.get(), NFTNL_CHAIN_NAME, kVersionChain);
  ASSIGN_OR_RETURN(const bool current, exists(NFT_MSG_GETCHAIN, [&](nlmsghdr* request) {
                     nftnl_chain_nlmsg_build_payload(request, version.get());
                   }));
  if (current) return TableState::kCurrent;
  const UniqueTable table(nftnl_table_alloc());
  nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, kTable);
  ASSIGN_OR_RETURN(const bool other, exists(NFT_MSG_GETTABLE, [&](nlmsghdr* request) {
                     nftnl_table_nlmsg_build_payload(request, table.get());
                   }));
  return other ? TableState::kOfOtherVersion : TableState::kAbsent;
}

Result<bool> Firewall::HasTable() {
  ASSIGN_OR_RETURN(const TableState table, FindTable());
  return table == TableState::kCurrent;
}

Result<std::vector<Firewall::Mapping>> Firewall::Mappings(const PortTargets& targets, const std::vector<Port>& ports) {
  std::vector<Mapping> mappings;
  for (const Port& port : ports) {
    for (const auto& target : {targets.v4, targets.v6}) {
      if (!target) continue;
      ASSIGN_OR_RETURN(const bool concerned, ConcernsFamily(port, target->v6));
      if (concerned) mappings.push_back({port, *target});
    }
  }
  return mappings;
}

Result<> Firewall::AddPublication(NftBatch& batch, const std::vector<UniqueSet>& bridge,
                                  const std::vector<Mapping>& replaced, const std::vector<Mapping>& mappings) {
  for (const UniqueSet& element : bridge) batch.AddElements(element.get(), NFPROTO_INET, 0);
  for (const Mapping& mapping : replaced) {
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping.port, mapping.target.v6, nullptr));
    batch.DeleteElements(element.get(), NFPROTO_INET);
  }
  for (const Mapping& mapping : mappings) {
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping.port, mapping.target.v6, &mapping.target));
    batch.AddElements(element.get(), NFPROTO_INET, NLM_F_EXCL);
  }
  return {};
}

// The table is looked up first, as a transaction that fails costs the kernel a grace period of 10 ms and more.
Result<bool> Firewall::Publish(const BridgeRules& bridge, const std::vector<AddressMark>& marks, const PortTargets& targets,
                               const std::vector<Port>& ports, const Owners& owners) {
  std::vector<UniqueSet> elements = BridgeElements(bridge);
  for (const AddressMark& mark : marks) elements.push_back(MarkElement(mark));
  ASSIGN_OR_RETURN(const auto mappings, Mappings(targets, ports));
  std::vector<Mapping> replaced;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ASSIGN_OR_RETURN(const TableState table, FindTable());
    const bool has_table = table == TableState::kCurrent;
    NftBatch batch = table == TableState::kOfOtherVersion ? BuildTableRemoval() : NftBatch();
    if (!has_table) AddTable(batch);
    const size_t table_size = batch.size();
    TRY(AddPublication(batch, elements, replaced, mappings));
    ASSIGN_OR_RETURN(const auto failures, socket_.Commit(batch));
    if (failures.empty()) return !has_table;
    const NftFailure& first = failures.front();
    // Another command was faster: in making the table, or in removing it.
    const bool removed_before = table == TableState::kOfOtherVersion && first.message == 0 && first.error == ENOENT;
    if (removed_before || (first.message < table_size && first.error == EEXIST)) continue;
    if (has_table && Absent(failures)) {
      replaced.clear();
      continue;
    }
    if (first.message < table_size) return TableError(first);
    std::vector<Mapping> taken;
    const size_t ports_begin = table_size + elements.size() + replaced.size();
    for (const NftFailure& failure : failures) {
      const bool of_port = failure.message >= ports_begin && failure.message < ports_begin + mappings.size();
      if (failure.error != EEXIST || !of_port)
        return common::Error::FromErrno(failure.error, fmt::format("change the rules of bridge {}", bridge.bridge));
      taken.push_back(mappings[failure.message - ports_begin]);
    }
    ASSIGN_OR_RETURN(replaced, FindStale(taken, owners));
  }
  return MakeError(ErrorCode::kBusy, "publish ports on bridge {}: another program keeps changing table inet {}",
                   bridge.bridge, kTable);
}

Result<std::vector<Firewall::Mapping>> Firewall::FindStale(const std::vector<Mapping>& taken, const Owners& owners) {
  std::vector<Mapping> stale;
  for (const Mapping& mapping : taken) {
    const auto target = Find(mapping);
    if (!target && target.error().code() == ErrorCode::kNotFound) continue;  // gone since
    TRY(target);
    if (target->address != mapping.target && !owners.stale(target->address))
      return MakeError(ErrorCode::kExists, "port {} is published by {}", Describe(mapping.port),
                       owners.describe(target->address));
    stale.push_back(mapping);
  }
  return stale;
}

Result<PortTarget> Firewall::Find(const Mapping& mapping) {
  ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping.port, mapping.target.v6, nullptr));
  std::optional<Result<PortTarget>> target;
  TRY(socket_.Query(
      NetfilterSocket::kNftables | NFT_MSG_GETSETELEM, NFPROTO_INET, 0,
      [&](nlmsghdr* request) { nftnl_set_elems_nlmsg_build_payload(request, element.get()); },
      fmt::format("look up published port {}", Describe(mapping.port)),
      [&](const nlmsghdr* answer) { target = ParsePortTarget(answer); }));
  if (!target) return MakeError(ErrorCode::kNotFound, "port {} is not published", Describe(mapping.port));
  return std::move(*target);
}

Result<> Firewall::Unpublish(const PortTargets& targets, const std::vector<Port>& ports) {
  ASSIGN_OR_RETURN(const auto mappings, Mappings(targets, ports));
  NftBatch batch;
  for (const Mapping& mapping : mappings) {
    const auto target = Find(mapping);
    if (!target && target.error().code() == ErrorCode::kNotFound) continue;
    TRY(target);
    if (target->address != mapping.target) continue;
    ASSIGN_OR_RETURN(const UniqueSet element, PortElement(mapping.port, mapping.target.v6, nullptr));
    batch.DeleteElements(element.get(), NFPROTO_INET);
  }
  return socket_.Apply(batch, "take back published ports");
}

Result<> Firewall::RemoveBridge(const BridgeRules& bridge) {
  return DeleteAll(BridgeElements(bridge), fmt::format("remove bridge {} from table inet {}", bridge.bridge, kTable));
}

Result<> Firewall::Unmark(const std::vector<AddressMark>& marks) {
  std::vector<UniqueSet> elements;
  for (const AddressMark& mark : marks) elements.push_back(MarkElement(mark));
  return DeleteAll(elements, fmt::format("remove a pod's addresses from table inet {}", kTable));
}

Result<> Firewall::DeleteAll(const std::vector<UniqueSet>& elements, const std::string& what) {
  NftBatch batch;
  for (const UniqueSet& element : elements) batch.DeleteElements(element.get(), NFPROTO_INET);
  const auto removed = socket_.Apply(batch, what);
  if (removed || removed.error().errno_value() != ENOENT) return removed;
  // One is gone already, so the kernel refused all.
  for (const UniqueSet& element : elements) {
    NftBatch single;
    single.DeleteElements(element.get(), NFPROTO_INET);
    const auto result = socket_.Apply(single, what);
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
