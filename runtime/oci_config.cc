#include "runtime/oci_config.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>

#include "common/file.h"
#include "common/json.h"
#include "common/user_namespace.h"
#include "runtime/oci_linux.h"
#include "runtime/oci_mounts.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr uint32_t kUmask = 022;

JsonValue Numbers(JsonBuilder& builder, const std::vector<uint32_t>& numbers) {
  JsonValue list = builder.Array();
  for (const uint32_t number : numbers) builder.Push(list, JsonValue(number));
  return list;
}

JsonValue User(JsonBuilder& builder, const OciInput& input) {
  JsonValue user = builder.Object();
  builder.Set(user, "uid", input.uid);
  builder.Set(user, "gid", input.gid);
  builder.Set(user, "umask", kUmask);
  if (!input.additional_gids.empty())
    builder.Set(user, "additionalGids", Numbers(builder, input.additional_gids));
  return user;
}

// Root gets the whole bounding set. Others get what was added explicitly, as ambient capabilities: without
// those the kernel would take everything away at exec (capabilities(7)).
JsonValue Capabilities(JsonBuilder& builder, const OciInput& input) {
  JsonValue sets = builder.Object();
  builder.Set(sets, "bounding", builder.Strings(input.capabilities));
  if (input.uid == 0) {
    builder.Set(sets, "effective", builder.Strings(input.capabilities));
    builder.Set(sets, "permitted", builder.Strings(input.capabilities));
    return sets;
  }
  std::vector<std::string> usable;
  for (const auto& name : input.ambient_capabilities) {
    if (std::find(input.capabilities.begin(), input.capabilities.end(), name) != input.capabilities.end())
      usable.push_back(name);
  }
  for (const char* set : {"effective", "permitted", "inheritable", "ambient"})
    builder.Set(sets, set, builder.Strings(usable));
  return sets;
}

JsonValue Rlimits(JsonBuilder& builder, const std::vector<OciRlimit>& rlimits) {
  JsonValue list = builder.Array();
  for (const auto& rlimit : rlimits) {
    JsonValue entry = builder.Object();
    builder.Set(entry, "type", rlimit.type);
    builder.Set(entry, "soft", rlimit.soft);
    builder.Set(entry, "hard", rlimit.hard);
    builder.Push(list, std::move(entry));
  }
  return list;
}

// The kernel refuses a score below our own without CAP_SYS_RESOURCE (proc(5)), that of the machine's user namespace, and the
// container would not start.
int AttainableOomScore(int wanted) {
  if (common::InInitialUserNamespace() && ::prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE, 0, 0, 0) == 1) return wanted;
  const auto text = common::ReadFile("/proc/self/oom_score_adj", 64);
  int own = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), own);
  return std::max(wanted, own);
}

Result<JsonValue> Process(JsonBuilder& builder, const OciInput& input) {
  if (input.args.empty())
    return MakeError(ErrorCode::kInvalid, "no command: neither the image nor the container names one");
  if (!input.cwd.starts_with('/'))
    return MakeError(ErrorCode::kInvalid, "working directory \"{}\" is not an absolute path", input.cwd);
  JsonValue process = builder.Object();
  builder.Set(process, "terminal", input.terminal);
  builder.Set(process, "user", User(builder, input));
  builder.Set(process, "args", builder.Strings(input.args));
  builder.Set(process, "env", builder.Strings(input.env));
  builder.Set(process, "cwd", input.cwd);
  builder.Set(process, "capabilities", Capabilities(builder, input));
  if (!input.rlimits.empty()) builder.Set(process, "rlimits", Rlimits(builder, input.rlimits));
  builder.Set(process, "noNewPrivileges", input.no_new_privileges);
  if (input.oom_score_adj) builder.Set(process, "oomScoreAdj", AttainableOomScore(*input.oom_score_adj));
  if (!input.selinux_label.empty()) builder.Set(process, "selinuxLabel", input.selinux_label);
  if (!input.apparmor_profile.empty()) builder.Set(process, "apparmorProfile", input.apparmor_profile);
  return process;
}

Result<JsonValue> Mounts(JsonBuilder& builder, const OciInput& input) {
  ASSIGN_OR_RETURN(const auto mounts, CollectMounts(input));
  JsonValue list = builder.Array();
  for (const auto& mount : mounts) {
    JsonValue entry = builder.Object();
    builder.Set(entry, "destination", mount.destination);
    builder.Set(entry, "type", mount.type);
    builder.Set(entry, "source", mount.source);
    if (!mount.options.empty()) builder.Set(entry, "options", builder.Strings(mount.options));
    builder.Push(list, std::move(entry));
  }
  return list;
}

std::map<std::string, std::string> Annotations(const OciInput& input) {
  constexpr const char* kCompiledFilter = "run.oci.seccomp_bpf_data";  // crun(1)
  auto annotations = input.annotations;
  annotations.erase(kCompiledFilter);
  if (!input.seccomp_filter.empty() && !input.seccomp_json.empty() && !input.privileged)
    annotations.emplace(kCompiledFilter, input.seccomp_filter);
  return annotations;
}

}  // namespace

Result<std::string> WriteOciConfig(const OciInput& input) {
  if (input.root_path.empty()) return MakeError(ErrorCode::kInvalid, "no root file system");
  JsonBuilder builder;
  JsonValue& config = builder.root();
  builder.Set(config, "ociVersion", "1.0.2");
  ASSIGN_OR_RETURN(JsonValue process, Process(builder, input));
  builder.Set(config, "process", std::move(process));
  JsonValue root = builder.Object();
  builder.Set(root, "path", input.root_path);
  builder.Set(root, "readonly", input.read_only_root);
  builder.Set(config, "root", std::move(root));
  if (!input.hostname.empty()) builder.Set(config, "hostname", input.hostname);
  ASSIGN_OR_RETURN(JsonValue mounts, Mounts(builder, input));
  builder.Set(config, "mounts", std::move(mounts));
  const auto annotations = Annotations(input);
  if (!annotations.empty()) builder.Set(config, "annotations", builder.StringMap(annotations));
  ASSIGN_OR_RETURN(JsonValue linux_section, LinuxSection(builder, input));
  builder.Set(config, "linux", std::move(linux_section));
  return common::ToJson(config);
}

}  // namespace skiff::runtime
