// The objects that there are, as the API server of a cluster would return them: what was applied, with uid,
// creation time and the status of now. One value is one look at the system: what it has read it does not read
// again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "kube/model/value.h"
#include "kube/play/backend.h"

namespace skiff::kube {

class LiveObjects {
 public:
  explicit LiveObjects(PodBackend& backend) : backend_(backend) {}

  // In the order of namespaces and names (events: of time). `kube_namespace` empty: of all namespaces.
  common::Result<std::vector<Value>> List(std::string_view kind, const std::string& kube_namespace);
  // Absent: there is none of this name.
  common::Result<std::optional<Value>> Get(std::string_view kind, const std::string& kube_namespace,
                                           const std::string& name);
  // The pod behind a Pod; null when there is none.
  common::Result<const pod::PodInfo*> FindPod(const std::string& kube_namespace, const std::string& name);
  // Those of `pod create` included, those of `run` not.
  common::Result<const std::vector<pod::PodInfo>*> Pods();

 private:
  common::Result<std::vector<Value>> ListAll(std::string_view kind);
  common::Result<const std::map<std::string, Value>*> Stored(const std::string& kind);  // by "NAMESPACE/NAME"
  common::Result<Value> PodObject(const pod::PodInfo& info);
  common::Result<Value> PodDefinition(const pod::PodInfo& info);
  const std::string& HostAddress();
  common::Result<std::vector<Value>> Events();
  common::Result<std::vector<Value>> Namespaces();

  PodBackend& backend_;
  std::optional<std::vector<pod::PodInfo>> pods_;
  std::optional<std::string> host_address_;
  std::map<std::string, std::map<std::string, Value>> stored_;  // by kind
};

}  // namespace skiff::kube
