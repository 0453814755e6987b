// Addresses that pods hold: DIRECTORY/NETWORK/ADDRESS is a symbolic link whose text is the pod's id. Making
// it is one system call that fails if the name exists, so it is the lock and carries its holder at once,
// whatever kills the maker.
#pragma once

#include <optional>
#include <string>

#include "network/ipv4.h"

namespace skiff::network {

class LeaseStore {
 public:
  // `cursor_directory` keeps the last address given per network, beyond the life of the leases.
  LeaseStore(std::string directory, std::string cursor_directory);

  // The next free address after the last one given, so that a released one is not used again at once.
  // Network, gateway and broadcast address are never given. kUnavailable: all are held.
  common::Result<Ipv4Address> TakeAny(const std::string& network, const Ipv4Subnet& subnet,
                                      Ipv4Address gateway, const std::string& pod_id);
  // kExists: held by another pod. Held by this one is fine.
  common::Result<> Take(const std::string& network, Ipv4Address address, const std::string& pod_id);
  // Only if this pod holds it.
  common::Result<> Release(const std::string& network, Ipv4Address address, const std::string& pod_id);
  // Every lease of the pod on this network: for a record that does not know its address yet.
  common::Result<> ReleaseAll(const std::string& network, const std::string& pod_id);
  // The pod's id.
  std::optional<std::string> Holder(const std::string& network, Ipv4Address address) const;

  bool HasLeases(const std::string& network) const;
  // True if no pod holds an address there any more; the directory is gone then.
  common::Result<bool> RemoveIfEmpty(const std::string& network);
  // True if no network has any; the directory of all is gone then.
  common::Result<bool> RemoveIfEmpty();

 private:
  // False: the address is held.
  common::Result<bool> TryTake(const std::string& network, Ipv4Address address, const std::string& pod_id);
  std::string DirectoryOf(const std::string& network) const { return directory_ + "/" + network; }
  std::string PathOf(const std::string& network, Ipv4Address address) const;
  std::string CursorPath(const std::string& network) const {
    return cursor_directory_ + "/" + network + ".last";
  }

  std::string directory_;
  std::string cursor_directory_;
};

}  // namespace skiff::network
