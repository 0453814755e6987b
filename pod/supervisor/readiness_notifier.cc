#include "pod/supervisor/readiness_notifier.h"

#include "common/file.h"
#include "common/process.h"

namespace skiff::supervisor {

// A command that cannot be started is tried again at the next change.
void ReadinessNotifier::Notify() {
  if (argv_.empty() || stopped_) return;
  if (running_) {
    again_ = true;
    return;
  }
  if (!marker_.empty() && !common::PathExists(marker_)) return;
  common::Command command;
  command.argv = argv_;
  command.working_directory = "/";
  auto child = common::Spawn(command);
  if (!child) return;
  const auto watched = loop_.WatchChild(std::move(*child), [this](common::ExitStatus) {
    running_ = false;
    if (std::exchange(again_, false)) Notify();
  });
  running_ = watched.has_value();
}

}  // namespace skiff::supervisor
