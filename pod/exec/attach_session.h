// Our standard streams connected with a container's.
#pragma once

#include <optional>
#include <string>

#include "common/result.h"
#include "pod/context.h"
#include "pod/exec/detach_keys.h"
#include "pod/supervisor/control_client.h"

namespace skiff::pod {

class AttachSession {
 public:
  AttachSession(const Context& context, const ContainerRecord& container, supervisor::AttachStream stream, DetachKeys keys)
      : context_(context), container_(container), stream_(std::move(stream)), keys_(std::move(keys)) {}

  // Until the container ends (its exit code), the detach keys are typed (nullopt), or the supervisor goes (kUnavailable).
  common::Result<std::optional<int>> Run(bool with_stdin);
  // Tells the container our terminal's size.
  void SendWindowSize() const;

 private:
  void ForwardInput(int stop_fd);  // in a thread of its own, so that neither direction waits for the other
  common::Result<std::optional<int>> CopyOutput();

  const Context& context_;
  const ContainerRecord& container_;
  supervisor::AttachStream stream_;
  DetachKeys keys_;
  bool detached_ = false;
};

}  // namespace skiff::pod
