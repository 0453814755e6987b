#include "pod/clean_up.h"


#include <optional>

#include "common/file.h"
#include "common/json_fields.h"
#include "common/process.h"
#include "pod/network/pod_dns.h"
#include "pod/status_reader.h"
#include "pod/supervisor/dead_pod.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/protocol.h"
#include "runtime/cgroup.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

constexpr std::chrono::seconds kReaperTimeout{15};

class ErrorList {
 public:
  void Add(Result<> result) {
    if (result) return;
    if (first_) first_ = std::move(*first_).AlsoFailed(result.error());
    else first_ = std::move(result).error();
  }
  Result<> Take() {
    if (first_) return *std::move(first_);
    return {};
  }

 private:
  std::optional<common::Error> first_;
};

Result<> RemoveCgroup(const runtime::Cgroups& cgroups, const std::string& path) {
  TRY(cgroups.KillAll(path));
  return cgroups.Remove(path);
}

// Without a plan that can be read nothing was started by a supervisor, but cgroups may have been made.
Result<> CleanUpProcesses(const Context& context, const PodLayout& layout) {
  if (const auto plan = supervisor::ReadPlan(layout.run_dir())) return supervisor::CleanUpDeadPod(*plan);
  const auto detected = runtime::Cgroups::Detect(context.paths.cgroup_root, context.paths.proc_root);
  // Who may make none has none.
  if (!detected && detected.error().code() == common::ErrorCode::kPermission) return {};
  ASSIGN_OR_RETURN(const auto cgroups, detected);
  TRY(RemoveCgroup(cgroups, layout.supervisor_cgroup()));
  return RemoveCgroup(cgroups, layout.cgroup());
}

Result<> KeepLastStatus(const Context& context, const std::string& pod_id) {
  const PodLayout layout = context.Layout(pod_id);
  if (!common::PathExists(layout.state_dir())) return {};
  if (!common::PathExists(layout.run_dir() + "/" + supervisor::kStatusFile) &&
      !common::PathExists(layout.StartedMarker())) {
    return {};
  }
  ASSIGN_OR_RETURN(const supervisor::PodStatus status, ReadPodStatus(context, pod_id));
  if (status.state != "exited") return {};
  return common::WriteFileAtomic(layout.state_dir() + "/" + supervisor::kFinalFile, common::EncodeJson(status));
}

// Removing a bridge takes the kernel some 20 ms, the end of a name server nearly as long. They go beside the rest of the work;
// another command that starts a pod meanwhile waits, or keeps them.
Result<> ReleaseNetwork(Context& context, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const bool unused, context.network.Release(pod_id));
  if (!unused) return {};
  if (context.background.Start(kCleanUpNetworksCommand)) return {};
  TRY(EndUnusedNameServers(context));
  return context.network.RemoveUnused();
}

}  // namespace

Result<> CleanUpRun(Context& context, const std::string& pod_id) {
  const PodLayout layout = context.Layout(pod_id);
  ErrorList errors;
  errors.Add(CleanUpProcesses(context, layout));
  errors.Add(ForgetNames(context, pod_id));
  errors.Add(ReleaseNetwork(context, pod_id));
  errors.Add(KeepLastStatus(context, pod_id));
  TRY(errors.Take());
  // Whoever reads the status while the directory goes takes the last word for that of this run.
  TRY(common::RemoveFile(layout.StartedMarker()));
  // Only now: as long as the directory is there, the next command tries again.
  return common::RemoveTree(layout.run_dir());
}

Result<> AwaitReaper(const Context& context, const std::string& pod_id) {
  return supervisor::WaitForPodEnd(context.Layout(pod_id).run_dir(), kReaperTimeout);
}

}  // namespace skiff::pod
