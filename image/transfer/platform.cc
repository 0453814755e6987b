#include "image/transfer/platform.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <utility>

namespace skiff::image {
namespace {

using common::JsonValue;

constexpr char kZstdAnnotation[] = "io.github.containers.compression.zstd";

// Known variants, best first.
std::vector<std::string> VariantsOf(const std::string& architecture) {
  if (architecture == "arm") return {"v8", "v7", "v6", "v5"};
  if (architecture == "arm64") return {"v8"};
  if (architecture == "amd64") return {"v1"};
  return {};
}

// What runs on the platform, best first.
std::vector<std::string> FittingVariants(const Platform& wanted) {
  std::vector<std::string> known = VariantsOf(wanted.architecture);
  if (wanted.variant.empty()) {
    known.insert(known.begin(), "");
    return known;
  }
  const auto here = std::find(known.begin(), known.end(), wanted.variant);
  std::vector<std::string> fitting = {wanted.variant};
  if (here != known.end()) fitting.insert(fitting.end(), here + 1, known.end());
  fitting.emplace_back();
  return fitting;
}

bool Matches(const JsonValue& descriptor, const Platform& wanted, const std::string& variant) {
  const JsonValue* platform = common::FindObject(descriptor, "platform");
  return platform != nullptr && common::GetString(*platform, "os") == wanted.os &&
         common::GetString(*platform, "architecture") == wanted.architecture && common::GetString(*platform, "variant") == variant;
}

bool IsZstd(const JsonValue& descriptor) {
  const JsonValue* annotations = common::FindObject(descriptor, "annotations");
  return annotations != nullptr && common::GetString(*annotations, kZstdAnnotation) == "true";
}

}  // namespace

std::string Platform::ToString() const { return os + "/" + architecture + (variant.empty() ? "" : "/" + variant); }

std::string GoArchitecture(const std::string& name) {
  constexpr std::array<std::pair<const char*, const char*>, 9> kNames = {{{"x86_64", "amd64"},
                                                                         {"aarch64", "arm64"},
                                                                         {"armv8l", "arm"},
                                                                         {"armv7l", "arm"},
                                                                         {"armv6l", "arm"},
                                                                         {"i686", "386"},
                                                                         {"i386", "386"},
                                                                         {"mips64", "mips64le"},
                                                                         {"loongarch64", "loong64"}}};
  for (const auto& [kernel, go] : kNames)
    if (name == kernel) return go;
  return name;
}

Platform MachinePlatform() {
  Platform platform;
  utsname name;
  const std::string machine = ::uname(&name) == 0 ? name.machine : "unknown";
  platform.architecture = GoArchitecture(machine);
  if (platform.architecture == "arm64" || machine == "armv8l") platform.variant = "v8";
  else if (machine == "armv7l") platform.variant = "v7";
  else if (machine == "armv6l") platform.variant = "v6";
  return platform;
}

std::string MachineArchitecture() { return MachinePlatform().architecture; }

const JsonValue* ChoosePlatform(const JsonValue& index, const Platform& wanted) {
  const JsonValue* manifests = common::FindArray(index, "manifests");
  if (manifests == nullptr) return nullptr;
  for (const auto& variant : FittingVariants(wanted)) {
    const JsonValue* best = nullptr;
    for (const auto& descriptor : manifests->GetArray()) {
      if (!descriptor.IsObject() || !Matches(descriptor, wanted, variant)) continue;
      if (best == nullptr || (IsZstd(descriptor) && !IsZstd(*best))) best = &descriptor;
    }
    if (best != nullptr) return best;
  }
  for (const auto& descriptor : manifests->GetArray())
    if (descriptor.IsObject() && common::FindObject(descriptor, "platform") == nullptr) return &descriptor;
  return nullptr;
}

const JsonValue* ChooseForThisMachine(const JsonValue& index) { return ChoosePlatform(index, MachinePlatform()); }

std::string ListPlatforms(const JsonValue& index) {
  std::string list;
  const JsonValue* manifests = common::FindArray(index, "manifests");
  if (manifests == nullptr) return list;
  for (const auto& descriptor : manifests->GetArray()) {
    const JsonValue* platform = descriptor.IsObject() ? common::FindObject(descriptor, "platform") : nullptr;
    if (platform == nullptr) continue;
    const Platform has{std::string(common::GetString(*platform, "os")), std::string(common::GetString(*platform, "architecture")),
                       std::string(common::GetString(*platform, "variant"))};
    list += (list.empty() ? "" : ", ") + has.ToString();
  }
  return list;
}

}  // namespace skiff::image
