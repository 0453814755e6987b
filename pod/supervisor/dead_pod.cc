#include "pod/supervisor/dead_pod.h"

#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>

#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/last_output.h"
#include "pod/supervisor/protocol.h"
#include "pod/supervisor/status.h"
#include "runtime/cgroup.h"
#include "runtime/oci_runtime.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::Result;

namespace {

constexpr int kKillWaitMs = 5000;

// Keeps the first error and appends the others.
class Errors {
 public:
  void Add(Result<> result) {
    if (result) return;
    if (first_) first_ = std::move(*first_).AlsoFailed(result.error());
    else first_ = std::move(result).error();
  }
  Result<> Take() && {
    if (first_) return std::move(*first_);
    return {};
  }

 private:
  std::optional<common::Error> first_;
};

// Kills the process if it is still the recorded one and waits until it has gone.
Result<> KillRecorded(pid_t pid, uint64_t start_time) {
  if (pid <= 0) return {};
  auto pidfd = common::OpenPidfd(pid);
  if (!pidfd) return {};
  const auto actual = common::ProcessStartTime(pid);
  if (!actual || *actual != start_time) return {};
  if (::syscall(SYS_pidfd_send_signal, pidfd->get(), SIGKILL, nullptr, 0) != 0) return common::ErrnoError("kill {}", pid);
  pollfd gone{pidfd->get(), POLLIN, 0};
  if (::poll(&gone, 1, kKillWaitMs) == 0)
    return common::MakeError(ErrorCode::kTimeout, "process {} is still there {} ms after SIGKILL", pid, kKillWaitMs);
  return {};
}

Result<> EmptyCgroup(const runtime::Cgroups& cgroups, const std::string& path) {
  if (path.empty()) return {};
  TRY(cgroups.KillAll(path));
  return cgroups.Remove(path);
}

}  // namespace

Result<> CleanUpDeadPod(const PodPlan& plan) {
  Errors errors;
  const auto cgroups = runtime::Cgroups::Detect(plan.cgroup_root);
  // The supervisor first, so that it starts nothing while we kill.
  if (cgroups) errors.Add(EmptyCgroup(*cgroups, plan.supervisor_cgroup));
  else errors.Add(cgroups.error());
  // Nothing is recorded of a pod whose start was interrupted early.
  const auto status = ReadStatus(plan.run_dir);
  if (!status && status.error().code() != ErrorCode::kNotFound) errors.Add(status.error());
  LastOutput output(plan, status.value_or(PodStatus()));
  if (status) errors.Add(KillRecorded(static_cast<pid_t>(status->infra_pid), status->infra_start_time));
  const runtime::OciRuntime runtime(plan.runtime, plan.runtime_root);
  for (const auto& container : plan.containers)
    if (runtime.Knows(container.id)) errors.Add(runtime.DeleteForced(container.id));
  if (cgroups) errors.Add(EmptyCgroup(*cgroups, plan.cgroup));
  output.Write();
  // A pod with shared propagation had its private binds in the host's table too (reaper's set-up). EINVAL: not mounted.
  if (plan.shared_propagation) {
    ::umount2(plan.run_dir.c_str(), MNT_DETACH);
    ::umount2(plan.state_dir.c_str(), MNT_DETACH);
  }
  errors.Add(common::RemoveFile(common::JoinPath(plan.run_dir, kControlSocket)));
  errors.Add(common::RemoveFile(common::JoinPath(plan.run_dir, kNamespaces)));
  return std::move(errors).Take();
}

}  // namespace skiff::supervisor
