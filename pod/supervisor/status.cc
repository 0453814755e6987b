#include "pod/supervisor/status.h"

#include "common/file.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

common::Result<PodStatus> ReadStatus(const std::string& run_dir) {
  const std::string path = common::JoinPath(run_dir, kStatusFile);
  ASSIGN_OR_RETURN(const std::string text, common::ReadFile(path));
  return common::DecodeJson<PodStatus>(text, path);
}

}  // namespace skiff::supervisor
