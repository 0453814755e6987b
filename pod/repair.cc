// Engine: puts right what a killed command, a killed reaper or a reboot left.
#include <algorithm>
#include <set>

#include "common/file.h"
#include "common/ids.h"
#include "pod/adopt.h"
#include "pod/clean_up.h"
#include "pod/context.h"
#include "pod/engine.h"
#include "pod/launch/image_holds.h"
#include "pod/network/network_changes.h"
#include "pod/network/pod_dns.h"
#include "pod/remover.h"
#include "pod/supervisor/event_log.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::Result;

constexpr char kRunIdSetting[] = "run_id";

Result<std::vector<std::string>> ListOrNothing(const std::string& path) {
  auto names = common::ListDirectory(path);
  if (!names && names.error().code() == ErrorCode::kNotFound) return std::vector<std::string>();
  return names;
}

// The run directory's life: a new directory (a reboot, a cleaned /run) has no id yet or another one.
Result<std::string> RunId(const Context& context) {
  const std::string path = context.paths.run_dir + "/id";
  auto id = common::ReadFile(path);
  if (id && !id->empty()) return *std::move(id);
  TRY(common::WriteFileAtomic(path, common::RandomHex(32)));
  return common::ReadFile(path);
}

void RecordLoss(const PodLayout& layout, const common::Error& error) {
  (void)supervisor::EventLog(layout.state_dir())
      .Append({.type = "Warning", .reason = "FailedAdoption",
               .message = "the pod's skiff-reaper was killed, and no other could take the pod over: " + error.message()});
}

// Whatever the pod's run left, unless it lives or another command works on it.
Result<> RepairPod(Context& context, const std::string& pod_id) {
  const PodLayout layout = context.Layout(pod_id);
  ASSIGN_OR_RETURN(const bool alive, supervisor::PodIsAlive(layout.run_dir()));
  if (alive) {
    // A command that changed its network was killed. What keeps this from being put right keeps no other command from working.
    if (HasNetworkChange(context, pod_id)) (void)TrySettleNetwork(context, pod_id);
    return {};
  }
  ASSIGN_OR_RETURN(auto lock, OperationLock::TryAcquire(layout.lock_file()));
  if (!lock) return {};
  // It may have been started between the look and the lock.
  ASSIGN_OR_RETURN(const bool started, supervisor::PodIsAlive(layout.run_dir()));
  if (started) return {};
  const auto adopted = AdoptPod(context, pod_id);
  if (adopted ? *adopted : adopted.error().code() == ErrorCode::kBusy) return {};
  if (!adopted) RecordLoss(layout, adopted.error());
  TRY(CleanUpRun(context, pod_id), "clean up after pod {}", pod_id.substr(0, 12));
  ASSIGN_OR_RETURN(const auto record, context.store->GetPod(pod_id));
  if (record) return RemoveEndedContainers(context, *record, *lock);
  TRY(common::RemoveTree(layout.state_dir()));
  TRY(ReleaseUnused(context));
  return lock->RemoveFile();
}

// Pods whose run directory is gone cannot be told from their run directory: those with a started marker. Of a pod whose
// removal was killed at its very end only the lock is left.
Result<std::set<std::string>> Suspects(Context& context, bool new_run_directory) {
  // Before the records: a lock that is seen here without a record later is not that of a pod which is just being made.
  ASSIGN_OR_RETURN(const auto with_lock, ListOrNothing(context.paths.run_dir + "/locks"));
  ASSIGN_OR_RETURN(const auto with_run_dir, ListOrNothing(context.paths.run_dir + "/pods"));
  std::set<std::string> suspects(with_run_dir.begin(), with_run_dir.end());
  ASSIGN_OR_RETURN(const auto recorded, context.store->PodIds());
  const std::set<std::string> known(recorded.begin(), recorded.end());
  for (const std::string& id : with_lock) {
    if (!known.contains(id)) suspects.insert(id);
  }
  ASSIGN_OR_RETURN(const auto with_state_dir, ListOrNothing(context.paths.state_dir + "/pods"));
  for (const std::string& id : with_state_dir) {
    if (!known.contains(id)) suspects.insert(id);
    else if (new_run_directory && common::PathExists(context.Layout(id).StartedMarker())) suspects.insert(id);
  }
  return suspects;
}

}  // namespace

Result<> Engine::Repair() {
  ASSIGN_OR_RETURN(const std::string run_id, RunId(*impl_));
  ASSIGN_OR_RETURN(const std::string known_run_id, impl_->store->GetSetting(kRunIdSetting));
  const bool new_run_directory = run_id != known_run_id;
  ASSIGN_OR_RETURN(const auto suspects, Suspects(*impl_, new_run_directory));
  for (const std::string& id : suspects) TRY(RepairPod(*impl_, id));
  TRY(RemoveUnrecordedVolumes(*impl_));
  TRY(RestoreNameServers(*impl_));
  if (!new_run_directory) return {};
  TRY(impl_->network.Sweep([this](const std::string& pod_id) {
    return supervisor::PodIsAlive(impl_->Layout(pod_id).run_dir()).value_or(true);
  }));
  return impl_->store->PutSetting(kRunIdSetting, run_id);
}

}  // namespace skiff::pod
