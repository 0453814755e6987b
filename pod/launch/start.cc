// Engine: starting pods.
#include <algorithm>

#include "pod/clean_up.h"
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/finder.h"
#include "pod/launch/launch.h"
#include "pod/state/names.h"
#include "pod/status_reader.h"
#include "pod/supervisor/pod_lock.h"

namespace skiff::pod {
namespace {

using common::Result;

// The pod lives: only what has ended for good, or was held, is left to start.
Result<> StartEnded(Context& context, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto status, ReadPodStatus(context, pod_id));
  ASSIGN_OR_RETURN(const auto containers, context.store->Containers(pod_id));
  for (const ContainerRecord& container : containers) {
    const auto state = StatusOf(status, container.id, container.spec.name).state;
    if (container.spec.init || (state != "created" && state != "exited")) continue;
    TRY(StartInLivingPod(context, container), "container \"{}\"", container.name);
  }
  return {};
}

}  // namespace

Result<> Engine::StartPod(const std::string& pod_id, const std::function<void(const std::string&)>& warn) {
  const PodLayout layout = impl_->Layout(pod_id);
  ASSIGN_OR_RETURN(OperationLock lock, OperationLock::Acquire(layout.lock_file()));
  ASSIGN_OR_RETURN(const PodRecord pod, RequirePod(*impl_->store, pod_id));
  ASSIGN_OR_RETURN(const bool lives, IfWorking(*impl_, pod_id, [&] { return StartEnded(*impl_, pod_id); }));
  if (lives) return {};
  TRY(CleanUpRun(*impl_, pod_id), "clean up after the pod's last run");
  auto started = Launch(*impl_, {.pod_id = pod_id, .held = {}, .warn = warn}, std::move(lock));
  if (!started && !pod.spec.implicit) return std::move(started).error().Wrap("start pod \"" + ShownPodName(pod.spec) + "\"");
  return started;
}

}  // namespace skiff::pod
