#include "image/transfer/platform.h"

#include <sys/utsname.h>

#include <array>
#include <utility>

namespace skiff::image {

std::string MachineArchitecture() {
  constexpr std::array<std::pair<const char*, const char*>, 6> kNames = {{{"x86_64", "amd64"},
                                                                         {"aarch64", "arm64"},
                                                                         {"armv7l", "arm"},
                                                                         {"i686", "386"},
                                                                         {"mips64", "mips64le"},
                                                                         {"loongarch64", "loong64"}}};
  utsname name;
  if (::uname(&name) != 0) return "unknown";
  const std::string machine = name.machine;
  for (const auto& [kernel, go] : kNames)
    if (machine == kernel) return go;
  return machine;
}

const common::JsonValue* ChooseForThisMachine(const common::JsonValue& index) {
  const common::JsonValue* manifests = common::FindArray(index, "manifests");
  if (manifests == nullptr) return nullptr;
  const std::string architecture = MachineArchitecture();
  const common::JsonValue* last_resort = nullptr;
  for (const auto& descriptor : manifests->GetArray()) {
    const common::JsonValue* platform = common::FindObject(descriptor, "platform");
    if (platform == nullptr) {
      if (last_resort == nullptr) last_resort = &descriptor;
    } else if (common::GetString(*platform, "os") == "linux" &&
               common::GetString(*platform, "architecture") == architecture) {
      return &descriptor;
    }
  }
  return last_resort;
}

}  // namespace skiff::image
