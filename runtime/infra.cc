#include "runtime/infra.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "common/file.h"
#include "common/process.h"
#include "runtime/infra_child.h"
#include "runtime/sysctl.h"

namespace skiff::runtime {
namespace {

using common::ErrnoError;
using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr size_t kLongestHostname = 64;  // sethostname(2)

// The plan and what its pointers point to.
struct PreparedChild {
  UniqueFd pause, null, network;
  std::vector<std::string> sysctl_names, sysctl_paths, sysctl_values;
  std::vector<InfraSysctl> sysctls;
  std::vector<int> cgroup_tasks;
  InfraChildPlan plan;
};

// In a namespace that the pod shares with the host, a parameter would change the host.
Result<> CheckSysctlNamespace(const InfraOptions& options, const std::string& name, const std::string& path) {
  const bool network = path.starts_with("net/");
  const bool uts = path == "kernel/hostname" || path == "kernel/domainname";
  const bool own = network ? options.net || !options.net_path.empty() : uts ? options.uts : options.ipc;
  if (own) return {};
  const char* shared = network ? "network" : uts ? "UTS" : "IPC";
  return MakeError(ErrorCode::kInvalid, "sysctl \"{}\" cannot be set in a pod that uses the host's {} namespace", name, shared);
}

Result<> PrepareSysctls(const InfraOptions& options, PreparedChild& prepared) {
  if (options.sysctls.size() > 255) return MakeError(ErrorCode::kInvalid, "more than 255 sysctls");
  for (const auto& [name, value] : options.sysctls) {
    ASSIGN_OR_RETURN(const std::string path, SysctlPath(name));
    TRY(CheckSysctlNamespace(options, name, path));
    prepared.sysctl_names.push_back(name);
    prepared.sysctl_paths.push_back("/proc/sys/" + path);
    prepared.sysctl_values.push_back(value);
  }
  for (size_t i = 0; i < prepared.sysctl_paths.size(); ++i)
    prepared.sysctls.push_back({prepared.sysctl_paths[i].c_str(), prepared.sysctl_values[i].data(),
                                prepared.sysctl_values[i].size()});
  return {};
}

Result<> Prepare(const InfraOptions& options, int error_fd, PreparedChild& prepared) {
  if (options.net && !options.net_path.empty())
    return MakeError(ErrorCode::kInvalid, "a new network namespace and {} exclude each other",
                     options.net_path);
  if (options.hostname.size() > kLongestHostname)
    return MakeError(ErrorCode::kInvalid, "hostname \"{}\" is longer than {} characters", options.hostname,
                     kLongestHostname);
  TRY(PrepareSysctls(options, prepared));
  ASSIGN_OR_RETURN(prepared.pause, common::Open(options.pause_program, O_PATH), "pause program");
  ASSIGN_OR_RETURN(prepared.null, common::Open("/dev/null", O_RDWR));
  if (!options.net_path.empty()) {
    ASSIGN_OR_RETURN(prepared.network, common::Open(options.net_path, O_RDONLY), "network namespace");
  }
  prepared.plan.pause_fd = prepared.pause.get();
  prepared.plan.null_fd = prepared.null.get();
  prepared.plan.network_fd = prepared.network.get();
  prepared.plan.kept_fd = options.kept_fd;
  prepared.plan.error_fd = error_fd;
  if (options.uts && !options.hostname.empty()) {
    prepared.plan.hostname = options.hostname.c_str();
    prepared.plan.hostname_size = options.hostname.size();
  }
  if (options.cgroup != nullptr)
    for (const UniqueFd& tasks : options.cgroup->tasks) prepared.cgroup_tasks.push_back(tasks.get());
  prepared.plan.cgroup_tasks = prepared.cgroup_tasks.data();
  prepared.plan.cgroup_task_count = prepared.cgroup_tasks.size();
  prepared.plan.sysctls = prepared.sysctls.data();
  prepared.plan.sysctl_count = prepared.sysctls.size();
  return {};
}

std::string Describe(const InfraFailure& failure, const InfraOptions& options,
                     const PreparedChild& prepared) {
  switch (failure.stage) {
    case InfraStage::kCgroup:
      return "enter its control group";
    case InfraStage::kJoinNetwork:
      return "join the network namespace " + options.net_path;
    case InfraStage::kStandardStreams:
      return "take /dev/null as standard streams";
    case InfraStage::kKeptDescriptor:
      return "keep a descriptor open";
    case InfraStage::kHostname:
      return fmt::format("set the hostname \"{}\"", options.hostname);
    case InfraStage::kSysctl:
      return fmt::format("set sysctl {} to \"{}\"", prepared.sysctl_names[failure.index],
                         prepared.sysctl_values[failure.index]);
    case InfraStage::kPrivateMounts:
      return "make its mounts private";
    case InfraStage::kEmptyRoot:
      return "mount an empty root";
    case InfraStage::kPivotRoot:
      return "change to its empty root";
    case InfraStage::kDropCapabilities:
      return "drop capabilities";
    case InfraStage::kNoNewPrivileges:
      return "set no_new_privs";
    case InfraStage::kSeccomp:
      return "install its seccomp filter";
    case InfraStage::kExec:
      return "execute " + options.pause_program;
  }
  return "start";
}

uint64_t CloneFlags(const InfraOptions& options) {
  uint64_t flags = CLONE_NEWNS | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  if (options.net) flags |= CLONE_NEWNET;
  if (options.ipc) flags |= CLONE_NEWIPC;
  if (options.uts) flags |= CLONE_NEWUTS;
  if (options.pid) flags |= CLONE_NEWPID;
  return flags;
}

// Nothing when the pause program runs: its exec closes the write end.
std::optional<InfraFailure> ReadFailure(int fd) {
  InfraFailure failure{};
  ssize_t length;
  do {
    length = ::read(fd, &failure, sizeof failure);
  } while (length < 0 && errno == EINTR);
  if (length != sizeof failure) return std::nullopt;
  return failure;
}

}  // namespace

Result<Infra> StartInfra(const InfraOptions& options) {
  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return ErrnoError("infra container: pipe");
  const UniqueFd read_end(pipe_fds[0]);
  UniqueFd write_end(pipe_fds[1]);
  PreparedChild prepared;
  TRY(Prepare(options, write_end.get(), prepared), "infra container");

  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CloneFlags(options);
  if (options.cgroup != nullptr && options.cgroup->directory) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(options.cgroup->directory.get());
  }
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid == 0) RunInfraChild(prepared.plan);
  if (pid < 0) return ErrnoError("infra container: create its namespaces");
  Infra infra{pid, UniqueFd(pidfd)};
  write_end.Reset();
  const auto failure = ReadFailure(read_end.get());
  if (!failure) return infra;
  TRY(common::Wait(pid));
  return Error::FromErrno(failure->error, "infra container: " + Describe(*failure, options, prepared));
}

}  // namespace skiff::runtime
