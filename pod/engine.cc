// Engine: opening, looking up, and the plain records.
#include "pod/engine.h"

#include "common/file.h"
#include "common/process.h"
#include "pod/context.h"
#include "pod/finder.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<std::string> FindRuntime(const std::string& wanted) {
  if (!wanted.empty()) return common::FindProgram(wanted);
  for (const char* name : {"crun", "runc"}) {
    if (auto found = common::FindProgram(name)) return *std::move(found);
  }
  return MakeError(ErrorCode::kUnsupported, "no OCI runtime found: apt-get install crun");
}

}  // namespace

void Engine::LeaveCleanUps() { impl_->background.Leave(); }

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  ASSIGN_OR_RETURN(std::string runtime, FindRuntime(options.runtime));
  TRY(common::MakeDirectories(options.paths.state_dir, 0711));
  TRY(common::MakeDirectories(options.paths.run_dir, 0711));
  ASSIGN_OR_RETURN(auto store, StateStore::Open(options.paths.state_dir + "/state.db"));
  auto impl = std::make_unique<Impl>(std::move(options.paths), std::move(runtime), std::move(store));
  impl->leave_starts = std::move(options.leave_starts);
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<std::string> Engine::FindPod(const std::string& name_or_id) { return FindPodId(*impl_->store, name_or_id); }

Result<std::string> Engine::FindContainer(const std::string& name_or_id) {
  return FindContainerId(*impl_->store, name_or_id);
}

Result<> Engine::PutObject(const StoredObject& object) { return impl_->store->PutObject(object); }

Result<std::optional<Engine::StoredObject>> Engine::GetObject(const std::string& kind, const std::string& kube_namespace,
                                                              const std::string& name) {
  return impl_->store->GetObject(kind, kube_namespace, name);
}

Result<std::vector<Engine::StoredObject>> Engine::ListObjects(const std::string& kind) {
  return impl_->store->Objects(kind);
}

Result<> Engine::DeleteObject(const std::string& kind, const std::string& kube_namespace, const std::string& name) {
  return impl_->store->DeleteObject(kind, kube_namespace, name);
}

Result<std::vector<PodEvent>> Engine::PodEvents(const std::string& pod_id) {
  return supervisor::EventLog(impl_->Layout(pod_id).state_dir()).Read();
}

Result<> Engine::AddPodEvent(const std::string& pod_id, const PodEvent& event) {
  return supervisor::EventLog(impl_->Layout(pod_id).state_dir()).Append(event);
}

Result<std::vector<EngineEvent>> Engine::EventsOfGonePods() { return impl_->gone_events.Read(); }

image::Store& Engine::images() { return impl_->images; }
const common::SystemPaths& Engine::paths() const { return impl_->paths; }
const std::string& Engine::runtime_program() const { return impl_->runtime; }

}  // namespace skiff::pod
