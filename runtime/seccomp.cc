#include "runtime/seccomp.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/file.h"
#include "common/json.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::FindArray;
using common::FindObject;
using common::GetString;
using common::GetStrings;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

#if defined(__x86_64__)
constexpr const char* kGoArch = "amd64";
constexpr const char* kNativeArch = "SCMP_ARCH_X86_64";
#elif defined(__aarch64__)
constexpr const char* kGoArch = "arm64";
constexpr const char* kNativeArch = "SCMP_ARCH_AARCH64";
#else
#error "the names of this architecture in seccomp profiles are not known"
#endif

bool Contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// "5.15.0-91-generic" and "4.8" as {major, minor}.
std::array<unsigned, 2> ParseKernelVersion(std::string_view text) {
  std::array<unsigned, 2> version{0, 0};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version[0]);
  if (error == std::errc() && end < text.data() + text.size() && *end == '.')
    std::from_chars(end + 1, text.data() + text.size(), version[1]);
  return version;
}

std::array<unsigned, 2> RunningKernel() {
  utsname name;
  ::uname(&name);
  return ParseKernelVersion(name.release);
}

// What conditions are judged against.
struct Conditions {
  const std::vector<std::string>& capabilities;
  std::array<unsigned, 2> kernel = RunningKernel();

  bool HasAny(const std::vector<std::string>& wanted) const {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const auto& cap) { return Contains(capabilities, cap); });
  }
  bool HasAll(const std::vector<std::string>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const auto& cap) { return Contains(capabilities, cap); });
  }
};

// Includes must all hold, one matching exclude suffices (Docker's rule).
bool Applies(const JsonValue& rule, const Conditions& conditions) {
  if (const JsonValue* includes = FindObject(rule, "includes")) {
    const auto arches = GetStrings(*includes, "arches");
    if (!arches.empty() && !Contains(arches, kGoArch)) return false;
    if (!conditions.HasAll(GetStrings(*includes, "caps"))) return false;
    const auto min_kernel = GetString(*includes, "minKernel");
    if (!min_kernel.empty() && conditions.kernel < ParseKernelVersion(min_kernel)) return false;
  }
  if (const JsonValue* excludes = FindObject(rule, "excludes")) {
    if (Contains(GetStrings(*excludes, "arches"), kGoArch)) return false;
    if (conditions.HasAny(GetStrings(*excludes, "caps"))) return false;
    const auto min_kernel = GetString(*excludes, "minKernel");
    if (!min_kernel.empty() && conditions.kernel >= ParseKernelVersion(min_kernel)) return false;
  }
  return true;
}

// The native architecture and those that the kernel can run beside it; {} when the profile does not speak of
// them.
std::vector<std::string> Architectures(const JsonValue& profile) {
  auto plain = GetStrings(profile, "architectures");
  const JsonValue* map = FindArray(profile, "archMap");
  if (map == nullptr) return plain;
  for (const auto& entry : map->GetArray()) {
    if (GetString(entry, "architecture") != kNativeArch) continue;
    std::vector<std::string> result = {kNativeArch};
    for (auto& sub : GetStrings(entry, "subArchitectures")) result.push_back(std::move(sub));
    return result;
  }
  return {kNativeArch};
}

JsonValue Copy(JsonBuilder& builder, const JsonValue& value) { return JsonValue(value, builder.allocator()); }

void CopyMember(JsonBuilder& builder, const JsonValue& from, const char* name, JsonValue& to) {
  if (const auto member = from.FindMember(name); member != from.MemberEnd() && !member->value.IsNull())
    builder.Set(to, name, Copy(builder, member->value));
}

// One entry of linux.seccomp.syscalls; `index` names it in errors.
Result<JsonValue> ResolveRule(JsonBuilder& builder, const JsonValue& rule, size_t index,
                              const std::string& what) {
  JsonValue result = builder.Object();
  auto names = GetStrings(rule, "names");
  // Docker's oldest form has one "name" per rule.
  if (const auto name = GetString(rule, "name"); !name.empty()) names.emplace_back(name);
  if (names.empty())
    return MakeError(ErrorCode::kInvalid, "{}: syscalls[{}] names no system call", what, index);
  const auto action = GetString(rule, "action");
  if (!action.starts_with("SCMP_ACT_"))
    return MakeError(ErrorCode::kInvalid, "{}: syscalls[{}].action \"{}\" is not a seccomp action", what,
                     index, action);
  builder.Set(result, "names", builder.Strings(names));
  builder.Set(result, "action", action);
  CopyMember(builder, rule, "errnoRet", result);
  const JsonValue* args = FindArray(rule, "args");
  if (args != nullptr && !args->Empty()) builder.Set(result, "args", Copy(builder, *args));
  return result;
}

}  // namespace

Result<std::string> ReadDefaultSeccompProfile(const common::SystemPaths& paths) {
  for (const std::string& path :
       {paths.config_dir + "/seccomp.json", std::string("/usr/share/containers/seccomp.json")}) {
    auto text = common::ReadFile(path, 4u << 20);
    if (text || text.error().code() != ErrorCode::kNotFound) return text;
  }
  return MakeError(
      ErrorCode::kNotFound,
      "no seccomp profile: neither {}/seccomp.json nor /usr/share/containers/seccomp.json exists; install "
      "the package golang-github-containers-common",
      paths.config_dir);
}

Result<std::string> ResolveSeccomp(const std::string& profile, const std::vector<std::string>& capabilities,
                                   const std::string& what) {
  ASSIGN_OR_RETURN(const auto document, common::ParseJson(profile, what));
  if (!document.IsObject())
    return MakeError(ErrorCode::kInvalid, "{}: a seccomp profile is a JSON object", what);
  const auto action = GetString(document, "defaultAction");
  if (!action.starts_with("SCMP_ACT_"))
    return MakeError(ErrorCode::kInvalid, "{}: defaultAction \"{}\" is not a seccomp action", what, action);

  JsonBuilder builder;
  builder.Set(builder.root(), "defaultAction", action);
  for (const char* name : {"defaultErrnoRet", "flags", "listenerPath", "listenerMetadata"})
    CopyMember(builder, document, name, builder.root());
  const auto architectures = Architectures(document);
  if (!architectures.empty()) builder.Set(builder.root(), "architectures", builder.Strings(architectures));

  const Conditions conditions{capabilities};
  JsonValue rules = builder.Array();
  if (const JsonValue* syscalls = FindArray(document, "syscalls")) {
    for (rapidjson::SizeType i = 0; i < syscalls->Size(); ++i) {
      const JsonValue& rule = (*syscalls)[i];
      if (!rule.IsObject())
        return MakeError(ErrorCode::kInvalid, "{}: syscalls[{}] is not an object", what, i);
      if (!Applies(rule, conditions)) continue;
      ASSIGN_OR_RETURN(JsonValue resolved, ResolveRule(builder, rule, i, what));
      builder.Push(rules, std::move(resolved));
    }
  }
  builder.Set(builder.root(), "syscalls", std::move(rules));
  return common::ToJson(builder.root());
}

}  // namespace skiff::runtime
