#include "runtime/oci_mounts.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "common/user_namespace.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr gid_t kTerminals = 5;  // group tty everywhere

// runtime-spec 1.0.2, config-linux.md "Default Filesystems", with the options that podman and containerd use.
// /dev/shm is not among them: it is shared by the pod and comes from the caller.
std::vector<OciMount> StandardMounts(bool privileged) {
  const std::string access = privileged ? "rw" : "ro";
  std::vector<std::string> terminals = {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  if (common::HasGroup(kTerminals)) terminals.push_back(fmt::format("gid={}", kTerminals));
  return {
      {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}},
      {"/dev/pts", "devpts", "devpts", terminals},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
      {"/sys/fs/cgroup", "cgroup", "cgroup", {"rprivate", "nosuid", "noexec", "nodev", "relatime", access}},
  };
}

// "/a//b/./../c/" as "/a/c"; ".." ends at the root, as for podman and Kubernetes' runtimes.
Result<std::string> CleanDestination(const std::string& path) {
  if (!path.starts_with('/'))
    return MakeError(ErrorCode::kInvalid, "mount destination \"{}\" is not an absolute path", path);
  std::string clean;
  size_t start = 1;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view part = std::string_view(path).substr(start, end - start);
    if (part == "..") {
      clean.erase(clean.empty() ? 0 : clean.rfind('/'));
    } else if (!part.empty() && part != ".") {
      clean.append("/").append(part);
    }
    start = end + 1;
  }
  if (clean.empty())
    return MakeError(ErrorCode::kInvalid, "mount destination \"{}\" is the container's root", path);
  return clean;
}

bool IsAtOrBelow(std::string_view path, std::string_view parent) {
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

// Only the owner of a PID namespace may mount a /proc of it: of the machine's, a user without root gets what is mounted.
OciMount BoundProc() { return {"/proc", "bind", "/proc", {"rbind", "nosuid", "noexec", "nodev"}}; }

bool HasPidNamespace(const OciInput& input) {
  return std::any_of(input.namespaces.begin(), input.namespaces.end(), [](const auto& entry) { return entry.type == "pid"; });
}

}  // namespace

Result<std::vector<OciMount>> CollectMounts(const OciInput& input) {
  std::vector<OciMount> own;
  std::set<std::string> taken;
  for (const auto& mount : input.mounts) {
    OciMount cleaned = mount;
    ASSIGN_OR_RETURN(cleaned.destination, CleanDestination(mount.destination));
    if (!taken.insert(cleaned.destination).second)
      return MakeError(ErrorCode::kInvalid, "two mounts have the destination \"{}\"", cleaned.destination);
    own.push_back(std::move(cleaned));
  }
  const auto depth = [](const OciMount& mount) {
    return std::count(mount.destination.begin(), mount.destination.end(), '/');
  };
  std::stable_sort(own.begin(), own.end(), [&](const auto& a, const auto& b) { return depth(a) < depth(b); });

  std::vector<OciMount> all;
  for (auto& standard : StandardMounts(input.privileged)) {
    const bool replaced = std::any_of(own.begin(), own.end(), [&](const auto& mount) {
      return IsAtOrBelow(standard.destination, mount.destination);
    });
    if (replaced) continue;
    const bool bound = standard.destination == "/proc" && !HasPidNamespace(input) && !common::InInitialUserNamespace();
    all.push_back(bound ? BoundProc() : std::move(standard));
  }
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return all;
}

}  // namespace skiff::runtime
