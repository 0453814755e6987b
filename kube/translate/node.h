// The machine as Kubernetes' one node: what resource fields and downward API report.
#pragma once

#include <cstdint>
#include <string>

namespace skiff::kube {

struct NodeInfo {
  std::string name;                    // the host's name
  int64_t milli_cpu = 0;               // all of it is allocatable
  int64_t memory_bytes = 0;            // MemTotal
  int64_t ephemeral_storage_bytes = 0; // size of the root file system
};

NodeInfo ReadNodeInfo();

}  // namespace skiff::kube
