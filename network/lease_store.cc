#include "network/lease_store.h"

#include <unistd.h>

#include <cerrno>

#include "common/file.h"

namespace skiff::network {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// The addresses that may be given, both ends included; empty if `last` lies before `first`.
struct Range {
  IpAddress first;
  IpAddress last;
  std::optional<IpAddress> gateway;
};

Result<Range> RangeOf(const Subnet& subnet) {
  ASSIGN_OR_RETURN(const IpSubnet parsed, IpSubnet::Parse(subnet.subnet));
  Range range;
  range.first = parsed.base.Plus(1);
  // IPv6 has no broadcast address.
  range.last = parsed.last();
  const uint64_t size = range.last.DistanceFrom(parsed.base);
  if (!parsed.base.v6) range.last = parsed.base.Plus(size == 0 ? 0 : size - 1);
  if (!subnet.range_start.empty()) {
    ASSIGN_OR_RETURN(const IpAddress start, IpAddress::Parse(subnet.range_start));
    range.first = std::max(range.first, start);
  }
  if (!subnet.range_end.empty()) {
    ASSIGN_OR_RETURN(const IpAddress end, IpAddress::Parse(subnet.range_end));
    range.last = std::min(range.last, end);
  }
  if (!subnet.gateway.empty()) {
    ASSIGN_OR_RETURN(range.gateway, IpAddress::Parse(subnet.gateway));
  }
  return range;
}

}  // namespace

LeaseStore::LeaseStore(std::string directory, std::string cursor_directory)
    : directory_(std::move(directory)), cursor_directory_(std::move(cursor_directory)) {}

std::string LeaseStore::PathOf(const std::string& network, const IpAddress& address) const {
  return fmt::format("{}/{}", DirectoryOf(network), address.ToString());
}

Result<bool> LeaseStore::TryTake(const std::string& network, const std::string& name, const std::string& pod_id) {
  const std::string path = fmt::format("{}/{}", DirectoryOf(network), name);
  // The last pod that leaves removes the directory, perhaps just now.
  while (::symlink(pod_id.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return false;
    if (errno != ENOENT) return ErrnoError("lease address {}", path);
    const auto made = common::MakeDirectories(DirectoryOf(network));
    if (!made && made.error().code() != ErrorCode::kNotFound) return made.error();
  }
  return true;
}

Result<IpAddress> LeaseStore::TakeAny(const std::string& network, const Subnet& subnet, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const Range range, RangeOf(subnet));
  const auto exhausted = [&] {
    return MakeError(ErrorCode::kUnavailable,
                     "network {}: every address of {} is held by a pod; remove pods or use another network", network,
                     subnet.subnet);
  };
  if (range.last < range.first) return exhausted();
  const uint64_t span = range.last.DistanceFrom(range.first);
  const std::string cursor = CursorPath(network, range.first.v6);
  uint64_t at = range.gateway == range.first ? 0 : span;  // the first step leads to the first address
  if (const auto text = common::ReadFile(cursor)) {
    // A cursor of another subnet, or a broken one, only costs the rotation.
    const auto parsed = IpAddress::Parse(*text);
    if (parsed && parsed->v6 == range.first.v6 && *parsed >= range.first && *parsed <= range.last)
      at = parsed->DistanceFrom(range.first);
  }
  for (uint64_t step = 0; step <= span; ++step) {
    at = at >= span ? 0 : at + 1;
    const IpAddress candidate = range.first.Plus(at);
    if (candidate == range.gateway) continue;
    ASSIGN_OR_RETURN(const bool taken, TryTake(network, candidate.ToString(), pod_id));
    if (!taken) continue;
    TRY(common::MakeDirectories(cursor_directory_));
    TRY(common::WriteFileAtomic(cursor, candidate.ToString(), 0600));
    return candidate;
  }
  return exhausted();
}

Result<> LeaseStore::Take(const std::string& network, const IpAddress& address, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const bool taken, TryTake(network, address.ToString(), pod_id));
  if (taken || Holder(network, address) == pod_id) return {};
  return MakeError(ErrorCode::kExists, "address {} of network {} is held by another pod", address.ToString(),
                   network);
}

Result<> LeaseStore::TakePlace(const std::string& network, const std::string& pod_id) {
  TRY(TryTake(network, pod_id, pod_id));
  return {};
}

Result<> LeaseStore::Release(const std::string& network, const IpAddress& address, const std::string& pod_id) {
  if (Holder(network, address) != pod_id) return {};
  return common::RemoveFile(PathOf(network, address));
}

Result<> LeaseStore::ReleaseAll(const std::string& network, const std::string& pod_id) {
  const auto names = common::ListDirectory(DirectoryOf(network));
  if (!names && names.error().code() == ErrorCode::kNotFound) return {};
  TRY(names);
  for (const std::string& name : *names) {
    const std::string path = fmt::format("{}/{}", DirectoryOf(network), name);
    const auto holder = common::ReadLink(path);
    if (holder && *holder == pod_id) TRY(common::RemoveFile(path));
  }
  return {};
}

std::optional<std::string> LeaseStore::Holder(const std::string& network, const IpAddress& address) const {
  auto holder = common::ReadLink(PathOf(network, address));
  if (!holder) return std::nullopt;
  return std::move(*holder);
}

std::optional<std::string> LeaseStore::Holder(const IpAddress& address) const {
  const auto networks = common::ListDirectory(directory_);
  if (!networks) return std::nullopt;
  for (const std::string& network : *networks) {
    if (auto holder = Holder(network, address)) return holder;
  }
  return std::nullopt;
}

Result<std::vector<std::string>> LeaseStore::Networks() const {
  auto networks = common::ListDirectory(directory_);
  if (!networks && networks.error().code() == ErrorCode::kNotFound) return std::vector<std::string>();
  return networks;
}

bool LeaseStore::HasLeases(const std::string& network) const {
  const auto names = common::ListDirectory(DirectoryOf(network));
  return names && !names->empty();
}

Result<bool> LeaseStore::RemoveIfEmpty(const std::string& network) {
  const std::string path = DirectoryOf(network);
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return false;
  return ErrnoError("remove directory {}", path);
}

Result<bool> LeaseStore::RemoveIfEmpty() {
  if (::rmdir(directory_.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return false;
  return ErrnoError("remove directory {}", directory_);
}

Result<> LeaseStore::ForgetCursors(const std::string& network) {
  TRY(common::RemoveFile(CursorPath(network, false)));
  return common::RemoveFile(CursorPath(network, true));
}

}  // namespace skiff::network
