#include "pod/supervisor/last_output.h"

#include <algorithm>

#include "common/file.h"

namespace skiff::supervisor {

LastOutput::LastOutput(const PodPlan& plan, const PodStatus& status) {
  auto loop = EventLoop::Create();
  if (!loop) return;
  loop_ = std::move(*loop);
  for (const ContainerPlan& container : plan.containers) {
    const auto recorded = std::find_if(status.containers.begin(), status.containers.end(),
                                       [&](const ContainerStatus& s) { return s.id == container.id; });
    // The cursor goes when a run has ended and all is in the log.
    if (recorded == status.containers.end() || !common::PathExists(common::JoinPath(plan.run_dir, container.id + ".cursor")))
      continue;
    AttachHub& hub = hubs_.emplace_back(*loop_, plan.state_dir, container.stdin_once);
    auto io = ContainerIo::Adopt(*loop_, keeper_, hub,
                                 {plan.run_dir, container.id, container.log_dir, recorded->restart_count, container.tty, container.stdin});
    if (io) outputs_.push_back(std::move(*io));
  }
}

void LastOutput::Write() {
  for (const auto& output : outputs_) output->Finish();
  outputs_.clear();
}

}  // namespace skiff::supervisor
