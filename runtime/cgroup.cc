#include "runtime/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "common/file.h"
#include "runtime/cgroup_file.h"

namespace skiff::runtime {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool Contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

// A new cpuset of v1 has neither processors nor memory nodes and takes no process until it has both. With
// clone_children the kernel fills in those of its descendants.
Result<> InheritCpuset(const std::string& directory) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    ASSIGN_OR_RETURN(const std::string own, common::ReadFile(directory + file));
    if (own.find_first_not_of(" \n") != std::string::npos) continue;
    ASSIGN_OR_RETURN(const std::string inherited, common::ReadFile(Parent(directory) + file));
    TRY(WriteCgroupFile(directory + file, inherited));
  }
  return WriteCgroupFile(directory + "/cgroup.clone_children", "1");
}

// Gives the children of a v2 cgroup the controllers that it has. A cgroup with processes of its own refuses
// this (no internal processes, cgroup-v2.rst); then its children go without.
void TryEnableControllers(const std::string& directory) {
  const auto available = common::ReadFile(directory + "/cgroup.controllers");
  const auto enabled = common::ReadFile(directory + "/cgroup.subtree_control");
  if (!available || !enabled) return;
  const auto present = Split(std::string_view(*enabled).substr(0, enabled->find('\n')), ' ');
  std::string change;
  for (const auto& name : Split(std::string_view(*available).substr(0, available->find('\n')), ' ')) {
    if (!Contains(present, name)) change += (change.empty() ? "+" : " +") + name;
  }
  if (!change.empty()) (void)WriteCgroupFile(directory + "/cgroup.subtree_control", change);
}

// Other obstacles than somebody else's ownership (a read-only tree) are told of by what meets them.
bool IsOurs(const std::string& group) {
  const auto refused = [](const std::string& path) { return ::access(path.c_str(), W_OK) != 0 && errno == EACCES; };
  return !refused(group) && !refused(group + "/cgroup.procs");
}

// Of the line "0::/user.slice/..." (cgroups(7)); "/" without one.
std::string OwnPathV2(const std::string& own) {
  for (const std::string& line : Split(own, '\n'))
    if (line.starts_with("0::/")) return line.substr(3);
  return "/";
}

enum class Holds { kGroups, kProcesses };

// mkdir -p below the mount point, with what each kind of hierarchy needs on the way. A group of v2 that gives controllers to
// its children takes no processes.
Result<> CreateIn(const std::string& mount_point, const std::string& path, bool v2, bool cpuset, Holds holds) {
  std::string directory = mount_point;
  for (const auto& part : Split(path, '/')) {
    if (v2) TryEnableControllers(directory);
    directory += "/" + part;
    const bool made = ::mkdir(directory.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) return ErrnoError("create cgroup {}", directory);
    if (made && cpuset) TRY(InheritCpuset(directory));
  }
  if (v2 && holds == Holds::kGroups) TryEnableControllers(directory);
  return {};
}

Result<> RemoveIn(const std::string& directory) {
  using namespace std::chrono_literals;
  // After the last process has gone the kernel may need a moment to release a cgroup of v1.
  for (auto pause = 1ms; pause <= 128ms; pause *= 2) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY && errno != ENOTEMPTY) return ErrnoError("remove cgroup {}", directory);
    const auto children = ChildCgroups(directory);
    for (const auto& child : children) TRY(RemoveIn(directory + "/" + child));
    if (!children.empty()) continue;
    std::vector<pid_t> pids;
    TRY(CollectProcesses(directory, pids));
    if (!pids.empty())
      return MakeError(ErrorCode::kBusy, "remove cgroup {}: process {} is still in it", directory,
                       pids.front());
    std::this_thread::sleep_for(pause);
  }
  return MakeError(ErrorCode::kBusy, "remove cgroup {}: the kernel keeps it busy", directory);
}

}  // namespace

std::vector<Cgroups::Hierarchy> Cgroups::ParseMounts(const std::string& mountinfo, const std::string& root) {
  std::vector<Hierarchy> found;
  for (const auto& line : Split(mountinfo, '\n')) {
    // proc(5): ID PARENT DEV ROOT MOUNT-POINT OPTIONS [FIELDS...] - TYPE SOURCE SUPER-OPTIONS
    const size_t dash = line.find(" - ");
    const auto before = Split(std::string_view(line).substr(0, dash), ' ');
    if (dash == std::string::npos || before.size() < 5) continue;
    const auto after = Split(std::string_view(line).substr(dash + 3), ' ');
    const std::string& where = before[4];
    if (after.size() < 3 || (after[0] != "cgroup" && after[0] != "cgroup2")) continue;
    if (where != root && !where.starts_with(root + "/")) continue;
    // Of two mounts on one place only the later one can be seen.
    std::erase_if(found, [&](const Hierarchy& other) { return other.mount_point == where; });
    Hierarchy hierarchy{where, {}, after[0] == "cgroup2"};
    for (auto& option : Split(after[2], ',')) {
      if (!hierarchy.v2 && option != "rw" && option != "ro")
        hierarchy.controllers.push_back(std::move(option));
    }
    found.push_back(std::move(hierarchy));
  }
  return found;
}

Result<Cgroups> Cgroups::Detect(const std::string& root, const std::string& proc_root) {
  ASSIGN_OR_RETURN(const std::string mountinfo, common::ReadFile(proc_root + "/self/mountinfo"));
  Cgroups cgroups;
  cgroups.hierarchies_ = ParseMounts(mountinfo, root);
  if (cgroups.hierarchies_.empty())
    return MakeError(ErrorCode::kUnsupported,
                     "no cgroup file system is mounted at {}; mount one: mount -t cgroup2 cgroup2 {}", root,
                     root);
  cgroups.unified_ = std::all_of(cgroups.hierarchies_.begin(), cgroups.hierarchies_.end(),
                                 [](const Hierarchy& hierarchy) { return hierarchy.v2; });
  if (IsOurs(cgroups.hierarchies_.front().mount_point)) return cgroups;
  ASSIGN_OR_RETURN(const std::string own, common::ReadFile(proc_root + "/self/cgroup"));
  TRY(cgroups.FindOwnTop(own));
  return cgroups;
}

Result<> Cgroups::FindOwnTop(const std::string& own) {
  const auto refuse = [](const std::string& group) {
    return MakeError(ErrorCode::kPermission,
                     "control group {} is not yours, nor any above it: run skiff as root or in a group that is given to you "
                     "(systemd-run --user --scope -p Delegate=yes skiff ...)", group);
  };
  // Only the tree of v2 can be given to users safely, and only one path can be told to the OCI runtime.
  const std::string path = OwnPathV2(own);
  if (!unified_) return refuse(path);
  Hierarchy& tree = hierarchies_.front();
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string group = path.substr(0, end);
    if (!IsOurs(tree.mount_point + group)) continue;
    base_ = group;
    tree.mount_point += group;
    return {};
  }
  return refuse(path);
}

const Cgroups::Hierarchy* Cgroups::Find(const std::string& controller) const {
  for (const auto& hierarchy : hierarchies_) {
    if (hierarchy.v2 ? unified_ : Contains(hierarchy.controllers, controller)) return &hierarchy;
  }
  return nullptr;
}

Result<std::string> Cgroups::Directory(const std::string& controller, const std::string& path) const {
  const Hierarchy* hierarchy = Find(controller);
  if (hierarchy == nullptr)
    return MakeError(ErrorCode::kUnsupported, "the cgroup controller \"{}\" is not mounted on this machine",
                     controller);
  return hierarchy->mount_point + path;
}

std::string Cgroups::ProcessDirectory(const std::string& path) const {
  for (const char* controller : {"freezer", "pids", "memory", "cpu"}) {
    if (const Hierarchy* hierarchy = Find(controller)) return hierarchy->mount_point + path;
  }
  return hierarchies_.front().mount_point + path;
}

Result<> Cgroups::Create(const std::string& path) const {
  for (const auto& hierarchy : hierarchies_)
    TRY(CreateIn(hierarchy.mount_point, path, hierarchy.v2, Contains(hierarchy.controllers, "cpuset"), Holds::kGroups));
  return {};
}

CgroupSupport Cgroups::Support(const std::string& path) const {
  CgroupSupport support{.base = base_, .unified = unified_};
  const auto has = [&](const char* controller, const char* v2_file) {
    const Hierarchy* hierarchy = Find(controller);
    if (hierarchy == nullptr) return false;
    return !hierarchy->v2 || ::access((hierarchy->mount_point + path + "/" + v2_file).c_str(), F_OK) == 0;
  };
  support.cpu = has("cpu", "cpu.weight");
  support.memory = has("memory", "memory.max");
  support.pids = has("pids", "pids.max");
  return support;
}

bool Cgroups::Counts(const Hierarchy& hierarchy) {
  constexpr std::array<std::string_view, 6> kAccounting = {"cpu",  "cpuacct", "memory",
                                                           "pids", "freezer", "name=systemd"};
  return hierarchy.v2 || std::any_of(kAccounting.begin(), kAccounting.end(),
                                     [&](auto name) { return Contains(hierarchy.controllers, name); });
}

Result<> Cgroups::CreateForProcesses(const std::string& path) const {
  for (const auto& hierarchy : hierarchies_) {
    if (!Counts(hierarchy)) continue;
    TRY(CreateIn(hierarchy.mount_point, path, hierarchy.v2, Contains(hierarchy.controllers, "cpuset"), Holds::kProcesses));
  }
  return {};
}

Result<> Cgroups::AddProcess(const std::string& path, pid_t pid) const {
  const std::string text = std::to_string(pid);
  for (const auto& hierarchy : hierarchies_) {
    if (Counts(hierarchy)) TRY(WriteCgroupFile(hierarchy.mount_point + path + "/cgroup.procs", text));
  }
  return {};
}

// "0" in the file `tasks` moves one thread, the caller, for which the kernel need not stop all forks of the machine.
Result<> Cgroups::Enter(const std::string& path) const {
  for (const auto& hierarchy : hierarchies_) {
    if (!Counts(hierarchy)) continue;
    TRY(WriteCgroupFile(hierarchy.mount_point + path + (hierarchy.v2 ? "/cgroup.procs" : "/tasks"), "0"));
  }
  return {};
}

Result<Cgroups::Entrance> Cgroups::OpenEntrance(const std::string& path) const {
  Entrance entrance;
  for (const auto& hierarchy : hierarchies_) {
    if (!Counts(hierarchy)) continue;
    const std::string directory = hierarchy.mount_point + path;
    if (hierarchy.v2) {
      ASSIGN_OR_RETURN(entrance.directory, common::Open(directory, O_PATH | O_DIRECTORY));
    } else {
      ASSIGN_OR_RETURN(UniqueFd tasks, common::Open(directory + "/tasks", O_WRONLY));
      entrance.tasks.push_back(std::move(tasks));
    }
  }
  return entrance;
}

Result<std::vector<pid_t>> Cgroups::Processes(const std::string& path) const {
  std::vector<pid_t> pids;
  TRY(CollectProcesses(ProcessDirectory(path), pids));
  return pids;
}

Result<> Cgroups::Remove(const std::string& path) const {
  if (path.find_first_not_of('/') == std::string::npos)
    return MakeError(ErrorCode::kInvalid, "refusing to remove the root cgroup");
  for (const auto& hierarchy : hierarchies_) TRY(RemoveIn(hierarchy.mount_point + path));
  return {};
}

Result<uint64_t> Cgroups::OomKills(const std::string& path) const {
  ASSIGN_OR_RETURN(const std::string directory, Directory("memory", path));
  return ReadCgroupKey(directory + (unified_ ? "/memory.events" : "/memory.oom_control"), "oom_kill");
}

Result<Cgroups::Usage> Cgroups::ReadUsage(const std::string& path) const {
  // A controller that is not there counts nothing.
  const auto read = [&](const char* controller, const char* file) -> uint64_t {
    const Hierarchy* hierarchy = Find(controller);
    return hierarchy == nullptr ? 0 : ReadCgroupNumber(hierarchy->mount_point + path + file).value_or(0);
  };
  if (::access(ProcessDirectory(path).c_str(), F_OK) != 0)
    return ErrnoError("read the resource usage of cgroup {}", path);
  Usage usage;
  usage.pids = read("pids", "/pids.current");
  if (unified_) {
    usage.memory = read("memory", "/memory.current");
    usage.cpu_ns =
        1000 * ReadCgroupKey(Find("cpu")->mount_point + path + "/cpu.stat", "usage_usec").value_or(0);
  } else {
    usage.memory = read("memory", "/memory.usage_in_bytes");
    usage.cpu_ns = read("cpuacct", "/cpuacct.usage");
  }
  return usage;
}

}  // namespace skiff::runtime
