// The names of pods on networks with a name server, and that server's life: it is started with the first pod of a network
// and ends with the last.
#pragma once

#include <sys/types.h>

#include <functional>
#include <set>
#include <string>

#include "common/result.h"
#include "common/system_paths.h"
#include "network/dns/names.h"

namespace skiff::network {

class DnsRegistry {
 public:
  // Called with the first process of a new server, to put it where it outlives the command.
  using Adopt = std::function<void(pid_t)>;

  explicit DnsRegistry(const common::SystemPaths& paths);

  // The pod's names are known on return, and the server runs.
  common::Result<> Add(const std::string& network, const DnsNetwork& settings, const std::string& pod_id, const DnsPod& pod,
                       const Adopt& adopt) const;
  // Of every network but `kept`. Unknown is fine.
  common::Result<> Remove(const std::string& pod_id, const std::set<std::string>& kept = {}) const;
  // Ends the servers of networks without pods and waits for that.
  common::Result<> EndUnused() const;
  // Takes away the folder of all networks' names. False: a network has some. Absent is fine.
  common::Result<bool> RemoveIfEmpty() const;
  // Starts servers that should run and do not.
  common::Result<> Restore(const Adopt& adopt) const;
  // The same, and what leads questions to servers that run.
  common::Result<> Reload(const Adopt& adopt) const;

 private:
  common::Result<> EnsureServer(const std::string& network, const DnsNetwork& settings, const Adopt& adopt) const;
  common::Result<> Start(const std::string& network, const DnsNetwork& settings, int lock_fd, const Adopt& adopt) const;
  bool HasPods(const std::string& network) const;
  common::Result<> RestoreRedirects() const;
  common::Result<> EndServer(const std::string& network) const;

  common::SystemPaths paths_;
  std::string directory_;
};

}  // namespace skiff::network
