// What happens between clone and exec of the pause process. Nothing here allocates, locks or calls into the
// C++ library.
#pragma once

#include <cstdint>

namespace skiff::runtime {

enum class InfraStage : uint8_t {
  kCgroup,
  kJoinNetwork,
  kStandardStreams,
  kKeptDescriptor,
  kHostname,
  kSysctl,  // `index` tells which one
  kPrivateMounts,
  kEmptyRoot,
  kPivotRoot,
  kDropCapabilities,
  kNoNewPrivileges,
  kSeccomp,
  kExec,
};

// How a step failed; written to the error pipe as it is.
struct InfraFailure {
  InfraStage stage;
  uint8_t index;
  int error;  // errno
};

struct InfraSysctl {
  const char* path;  // "/proc/sys/net/..."
  const char* value;
  uint64_t value_size;
};

// Everything that the child needs, prepared by its parent.
struct InfraChildPlan {
  int pause_fd = -1;
  int null_fd = -1;
  int error_fd = -1;
  int network_fd = -1;  // namespace to join, or -1
  int kept_fd = -1;     // stays open behind the exec, or -1
  const char* hostname = nullptr;
  uint64_t hostname_size = 0;
  const int* cgroup_tasks = nullptr;  // files into which to write "0"
  uint64_t cgroup_task_count = 0;
  const InfraSysctl* sysctls = nullptr;
  uint64_t sysctl_count = 0;
};

[[noreturn]] void RunInfraChild(const InfraChildPlan& plan);

}  // namespace skiff::runtime
