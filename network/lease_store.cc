#include "network/lease_store.h"

#include <unistd.h>

#include <cerrno>

#include "common/file.h"

namespace skiff::network {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;

LeaseStore::LeaseStore(std::string directory, std::string cursor_directory)
    : directory_(std::move(directory)), cursor_directory_(std::move(cursor_directory)) {}

std::string LeaseStore::PathOf(const std::string& network, Ipv4Address address) const {
  return fmt::format("{}/{}", DirectoryOf(network), address.ToString());
}

Result<bool> LeaseStore::TryTake(const std::string& network, Ipv4Address address, const std::string& pod_id) {
  const std::string path = PathOf(network, address);
  // The last pod that leaves removes the directory, perhaps just now.
  while (::symlink(pod_id.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return false;
    if (errno != ENOENT) return ErrnoError("lease address {}", path);
    TRY(common::MakeDirectories(DirectoryOf(network)));
  }
  return true;
}

Result<Ipv4Address> LeaseStore::TakeAny(const std::string& network, const Ipv4Subnet& subnet,
                                        Ipv4Address gateway, const std::string& pod_id) {
  const uint32_t first = subnet.base.value + 1;
  const uint32_t end = subnet.last().value;
  Ipv4Address last{first};
  if (const auto text = common::ReadFile(CursorPath(network))) {
    // A cursor of another subnet, or a broken one, only costs the rotation.
    const auto parsed = Ipv4Address::Parse(*text);
    if (parsed && parsed->value >= first && parsed->value < end) last = *parsed;
  }
  const uint32_t count = end > first ? end - first : 0;
  for (uint32_t step = 1; step <= count; ++step) {
    const Ipv4Address candidate{first + (last.value - first + step) % count};
    if (candidate == gateway) continue;
    ASSIGN_OR_RETURN(const bool taken, TryTake(network, candidate, pod_id));
    if (!taken) continue;
    TRY(common::MakeDirectories(cursor_directory_));
    TRY(common::WriteFileAtomic(CursorPath(network), candidate.ToString(), 0600));
    return candidate;
  }
  return MakeError(ErrorCode::kUnavailable,
                   "network {}: every address of {} is held by a pod; remove pods or use another network",
                   network, subnet.ToString());
}

Result<> LeaseStore::Take(const std::string& network, Ipv4Address address, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const bool taken, TryTake(network, address, pod_id));
  if (taken || Holder(network, address) == pod_id) return {};
  return MakeError(ErrorCode::kExists, "address {} of network {} is held by another pod", address.ToString(),
                   network);
}

Result<> LeaseStore::Release(const std::string& network, Ipv4Address address, const std::string& pod_id) {
  if (Holder(network, address) != pod_id) return {};
  return common::RemoveFile(PathOf(network, address));
}

Result<> LeaseStore::ReleaseAll(const std::string& network, const std::string& pod_id) {
  const auto names = common::ListDirectory(DirectoryOf(network));
  if (!names && names.error().code() == ErrorCode::kNotFound) return {};
  TRY(names);
  for (const std::string& name : *names) {
    if (const auto address = Ipv4Address::Parse(name)) TRY(Release(network, *address, pod_id));
  }
  return {};
}

std::optional<std::string> LeaseStore::Holder(const std::string& network, Ipv4Address address) const {
  auto holder = common::ReadLink(PathOf(network, address));
  if (!holder) return std::nullopt;
  return std::move(*holder);
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

}  // namespace skiff::network
