#include "pod/supervisor/plan.h"

#include "common/file.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

common::Result<PodPlan> ReadPlan(const std::string& run_dir) {
  const std::string path = common::JoinPath(run_dir, kPlanFile);
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path));
  return common::DecodeJson<PodPlan>(text, path);
}

}  // namespace skiff::supervisor
