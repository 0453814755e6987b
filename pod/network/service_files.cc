#include "pod/network/service_files.h"

#include "common/file.h"
#include "common/json_fields.h"
#include "pod/network/service_state.h"

namespace skiff::pod {

std::map<std::string, std::string> ReadServiceVariables(const common::SystemPaths& paths, const std::string& kube_namespace) {
  const std::string path = ServiceVariablesFile(paths);
  const auto text = common::ReadFile(path);
  if (!text) return {};
  auto variables = common::DecodeJson<ServiceVariables>(*text, path);
  if (!variables) return {};
  return std::move(variables->by_namespace[kube_namespace]);
}

common::Result<> MarkServices(const common::SystemPaths& paths) {
  const std::string marker = ServicesMarker(paths);
  if (common::PathExists(marker)) return {};
  TRY(common::MakeDirectories(paths.run_dir + "/services", 0711));
  return common::WriteFile(marker, "", 0600);
}

}  // namespace skiff::pod
