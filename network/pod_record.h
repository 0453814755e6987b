// What a pod holds of the network, written before the kernel is changed: whoever finds the pod dead can take
// all of it back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "network/network.h"

namespace skiff::network {

// One interface of a pod.
struct Endpoint {
  Definition network;  // as it was when the pod joined
  bool reserved = false;  // false: intended, addresses are perhaps taken already
  std::vector<Lease> leases;
  std::string link;       // bridge: the veth's end on it
  std::string interface;  // the end inside the pod
  std::string mac;        // empty: given by the kernel
  bool own_mac = false;   // wished for: not the one that goes with the address
  std::vector<std::string> aliases;

  bool has_ipv6() const { return Has(true); }
  bool Has(bool v6) const;  // addresses of that family
};

struct PodRecord {
  std::string pod_id;
  std::string pod_name;
  // The command that last worked on it: while it runs, the record is its own affair.
  int64_t owner_pid = 0;
  uint64_t owner_start = 0;  // /proc/PID/stat, field 22
  std::vector<Endpoint> endpoints;
  std::vector<Port> ports;

  Endpoint* FindEndpoint(const std::string& network);
  // The one that carries the published ports of a family: the first on a bridge that is not internal and has such addresses.
  // Null: none.
  const Endpoint* PublishingEndpoint(bool v6) const;
  // The first that carries those of either. Null: nothing can be published.
  const Endpoint* PublishingEndpoint() const;
  // For messages: the pod's name if known, else its id.
  const std::string& shown_name() const { return pod_name.empty() ? pod_id : pod_name; }
};

std::string EncodePodRecord(const PodRecord& record);
common::Result<PodRecord> DecodePodRecord(const std::string& text, const std::string& what);

// One file per pod in one directory. Only commands that work on the pod itself change its record.
class PodRecords {
 public:
  PodRecords(std::string directory, std::string proc_root);

  // Absent: nullopt.
  common::Result<std::optional<PodRecord>> Load(const std::string& pod_id) const;
  // The record or a new one.
  common::Result<PodRecord> LoadOrNew(const std::string& pod_id) const;
  // Makes this process its owner.
  common::Result<> Store(PodRecord& record) const;
  common::Result<> Remove(const std::string& pod_id) const;
  // Files of commands that were killed before their pod had a record. Harmless to one that is just writing:
  // it tries again.
  common::Result<> RemoveUnfinished() const;
  // The ids of all pods that have a record, sorted.
  common::Result<std::vector<std::string>> ListIds() const;
  common::Result<std::vector<PodRecord>> List() const;
  // Whether the process that owns it still runs.
  bool OwnerRuns(const PodRecord& record) const;

 private:
  std::string PathOf(const std::string& pod_id) const { return directory_ + "/" + pod_id + ".json"; }
  common::Result<> Replace(const std::string& path, const std::string& text) const;

  std::string directory_;
  std::string proc_root_;
};

}  // namespace skiff::network
