#include "pod/supervisor/sandbox_policy.h"

#include <algorithm>

namespace skiff::supervisor {

bool BeginsAnew(const ContainerPlan& plan, const ContainerStatus& status) {
  if (plan.init) return true;
  if (status.final) return false;
  return status.state == "created" || plan.restart != "Never" || !plan.restart_rules.empty();
}

bool GetsNewSandbox(const PodPlan& plan, const std::vector<ContainerStatus>& containers) {
  if (plan.restart_policy.empty() || plan.restart_policy == "Never") return false;
  if (plan.wait_for_network && plan.sandbox_command.empty()) return false;  // nobody would wire it
  return std::ranges::any_of(plan.containers, [&](const ContainerPlan& container) {
    if (container.init) return false;
    const auto status = std::ranges::find(containers, container.id, &ContainerStatus::id);
    return status == containers.end() || BeginsAnew(container, *status);
  });
}

}  // namespace skiff::supervisor
