// Addresses that pods hold: DIRECTORY/NETWORK/ADDRESS is a symbolic link whose text is the pod's id. Making
// it is one system call that fails if the name exists, so it is the lock and carries its holder at once,
// whatever kills the maker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "network/definition.h"
#include "network/ip_address.h"

namespace skiff::network {

class LeaseStore {
 public:
  // `cursor_directory` keeps the last address given per network, beyond the life of the leases.
  LeaseStore(std::string directory, std::string cursor_directory);

  // The next free address after the last one given, so that a released one is not used again at once, of the
  // subnet's range if it has one. Network, gateway and broadcast address are never given. kUnavailable: all are held.
  common::Result<IpAddress> TakeAny(const std::string& network, const Subnet& subnet, const std::string& pod_id);
  // kExists: held by another pod. Held by this one is fine.
  common::Result<> Take(const std::string& network, const IpAddress& address, const std::string& pod_id);
  // Only if this pod holds it.
  common::Result<> Release(const std::string& network, const IpAddress& address, const std::string& pod_id);
  // Every lease of the pod on this network: for a record that does not know its address yet.
  common::Result<> ReleaseAll(const std::string& network, const std::string& pod_id);
  // For a network without addresses: what says that the pod is on it.
  common::Result<> TakePlace(const std::string& network, const std::string& pod_id);
  // The pod's id.
  std::optional<std::string> Holder(const std::string& network, const IpAddress& address) const;
  // On whichever network.
  std::optional<std::string> Holder(const IpAddress& address) const;

  // Those that have leases, or had until just now.
  common::Result<std::vector<std::string>> Networks() const;
  bool HasLeases(const std::string& network) const;
  // True if no pod holds an address there any more; the directory is gone then.
  common::Result<bool> RemoveIfEmpty(const std::string& network);
  // True if no network has any; the directory of all is gone then.
  common::Result<bool> RemoveIfEmpty();
  // The last addresses given on a network that is removed.
  common::Result<> ForgetCursors(const std::string& network);

 private:
  // False: the name is held.
  common::Result<bool> TryTake(const std::string& network, const std::string& name, const std::string& pod_id);
  std::string DirectoryOf(const std::string& network) const { return directory_ + "/" + network; }
  std::string PathOf(const std::string& network, const IpAddress& address) const;
  std::string CursorPath(const std::string& network, bool v6) const {
    return cursor_directory_ + "/" + network + (v6 ? ".last6" : ".last");
  }

  std::string directory_;
  std::string cursor_directory_;
};

}  // namespace skiff::network
