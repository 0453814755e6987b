// config.json of a container (OCI runtime-spec 1.0): from resolved values to text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"

namespace skiff::runtime {

struct OciMount {
  std::string destination;
  std::string type;    // "bind", "tmpfs", "proc", ...
  std::string source;
  std::vector<std::string> options;
};

struct OciNamespace {
  std::string type;  // "network", "ipc", "uts", "pid", "mount", "cgroup", "user"
  std::string path;  // to join; empty: a new one
};

struct OciDevice {
  std::string path;  // in the container
  char type = 'c';   // 'c', 'b', 'p'
  int64_t major = 0;
  int64_t minor = 0;
  uint32_t mode = 0666;
  int64_t uid = 0;
  int64_t gid = 0;
  std::string access = "rwm";
};

struct OciRlimit {
  std::string type;  // "RLIMIT_NOFILE"
  uint64_t soft = 0;
  uint64_t hard = 0;
};

struct OciResources {
  std::optional<uint64_t> cpu_shares;
  std::optional<int64_t> cpu_quota;
  std::optional<uint64_t> cpu_period;
  std::string cpuset_cpus;
  std::optional<int64_t> memory_limit;
  std::optional<int64_t> memory_reservation;
  std::optional<int64_t> memory_swap;
  std::optional<int64_t> pids_limit;
  std::map<std::string, std::string> unified;  // cgroup v2 files, "memory.oom.group" -> "1"
};

struct OciInput {
  std::vector<std::string> args;
  std::vector<std::string> env;  // "K=V"
  std::string cwd = "/";
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> additional_gids;
  bool terminal = false;
  std::string root_path;
  bool read_only_root = false;
  std::string hostname;  // only where the UTS namespace is new
  std::vector<OciNamespace> namespaces;
  std::vector<OciMount> mounts;  // after the standard ones (/proc, /dev, /sys, ...), sorted by the writer: parents first
  std::vector<OciDevice> devices;
  std::vector<std::string> capabilities;  // "CAP_CHOWN": bounding set; effective and permitted too for uid 0
  std::vector<std::string> ambient_capabilities;  // for other users: those added explicitly
  bool privileged = false;   // all host devices, writable /sys, nothing masked
  bool unmasked_proc = false;
  bool no_new_privileges = false;
  std::string seccomp_json;  // linux.seccomp as resolved by ResolveSeccomp; empty: unconfined
  std::string seccomp_filter;  // the same compiled (SeccompCache::Find); empty: the runtime compiles it
  std::string selinux_label;
  std::string apparmor_profile;
  std::optional<int> oom_score_adj;  // raised to our own where CAP_SYS_RESOURCE is missing
  std::vector<OciRlimit> rlimits;
  OciResources resources;
  std::string cgroups_path;
  std::string rootfs_propagation;  // "", "rslave", "rshared"
  std::map<std::string, std::string> sysctls;
  // Without run.oci.seccomp_bpf_data, which would undo the profile: it is taken from seccomp_filter alone.
  std::map<std::string, std::string> annotations;
};

// kInvalid names the field that cannot be expressed. A mount namespace is added where `namespaces` has none.
common::Result<std::string> WriteOciConfig(const OciInput& input);

}  // namespace skiff::runtime
