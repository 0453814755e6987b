#include "common/system_paths.h"

#include <unistd.h>

#include <cstdlib>

#include "common/file.h"
#include "common/user_namespace.h"

namespace skiff::common {
namespace {

std::string Environment(const char* name, std::string fallback) {
  const char* value = ::getenv(name);
  return value != nullptr && *value != '\0' ? value : std::move(fallback);
}

Result<std::string> FindLibexec() {
  ASSIGN_OR_RETURN(const std::string self, ReadLink("/proc/self/exe"));
  const std::string folder = self.substr(0, self.find_last_of('/'));
  const std::string installed = folder + "/../libexec/skiff";
  return PathExists(installed) ? installed : folder;
}

}  // namespace

Result<SystemPaths> SystemPaths::FromEnvironment() {
  SystemPaths paths;
  const auto entered = UserNamespace::Current();
  const uid_t user = entered ? entered->user : ::geteuid();
  paths.rootless = user != 0;
  const std::string home = Environment("HOME", "/");
  paths.user_config_dir = Environment("XDG_CONFIG_HOME", home + "/.config") + "/containers";
  paths.system_config_dir = "/etc/containers";
  if (!paths.rootless) {
    paths.state_dir = "/var/lib/skiff";
    paths.run_dir = "/run/skiff";
    paths.graph_root = "/var/lib/containers/storage";
    paths.storage_run = "/run/containers/storage";
    paths.config_dir = paths.system_config_dir;
  } else {
    const std::string data = Environment("XDG_DATA_HOME", home + "/.local/share");
    const std::string run = Environment("XDG_RUNTIME_DIR", fmt::format("/run/user/{}", user));
    paths.state_dir = data + "/skiff";
    paths.run_dir = run + "/skiff";
    paths.graph_root = data + "/containers/storage";
    paths.storage_run = run + "/containers";
    paths.config_dir = paths.user_config_dir;
  }
  paths.state_dir = Environment("SKIFF_STATE_DIR", paths.state_dir);
  paths.run_dir = Environment("SKIFF_RUN_DIR", paths.run_dir);
  paths.graph_root = Environment("SKIFF_GRAPH_ROOT", paths.graph_root);
  paths.storage_run = Environment("SKIFF_STORAGE_RUN", paths.storage_run);
  ASSIGN_OR_RETURN(std::string libexec, FindLibexec());
  paths.libexec_dir = Environment("SKIFF_LIBEXEC_DIR", std::move(libexec));
  return paths;
}

}  // namespace skiff::common
