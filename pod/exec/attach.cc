// Engine: attaching to containers.
#include "pod/context.h"
#include "pod/control.h"
#include "pod/engine.h"
#include "pod/exec/attach_session.h"
#include "pod/finder.h"
#include "pod/launch/container_start.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

Result<> StartHeld(Context& context, const ContainerRecord& container) {
  supervisor::ControlRequest request;
  request.op = "start";
  request.container = container.id;
  TRY(Ask(context, container.pod_id, request));
  context.seccomp.TryKeepFilters();
  return {};
}

}  // namespace

Result<std::optional<int>> Engine::Attach(const std::string& container_id, bool start, bool with_stdin,
                                          const std::string& detach_keys) {
  ASSIGN_OR_RETURN(DetachKeys keys, DetachKeys::Parse(detach_keys));
  ASSIGN_OR_RETURN(const ContainerRecord container, RequireContainer(*impl_->store, container_id));
  if (start) TRY(StartContainerWith(*impl_, container, true));
  auto stream = supervisor::AttachStream::Open(impl_->Layout(container.pod_id).run_dir(), container.id);
  if (!stream && stream.error().code() == ErrorCode::kNotFound) {
    return MakeError(ErrorCode::kBusy, "container {} is not running: skiff start --attach {}", container.name,
                     container.name);
  }
  if (!stream) return stream.error();
  AttachSession session(*impl_, container, std::move(*stream), std::move(keys));
  if (container.spec.tty) session.SendWindowSize();
  if (start) {
    if (auto started = StartHeld(*impl_, container); !started) {
      // As after any failed start nothing stays; a pod that lives for others goes on.
      auto stopped = StopContainer(container_id, 0);
      return stopped ? std::move(started).error() : std::move(started).error().AlsoFailed(stopped.error());
    }
  }
  auto code = session.Run(with_stdin);
  // The pod may end together with its container, before the code was sent.
  if (!code && code.error().code() == ErrorCode::kUnavailable) {
    ASSIGN_OR_RETURN(const int waited, WaitContainer(container_id));
    return std::optional<int>(waited);
  }
  return code;
}

}  // namespace skiff::pod
