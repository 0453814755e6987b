#include "pod/exec/exec_process.h"


#include "common/json.h"
#include "runtime/capabilities.h"
#include "runtime/user_lookup.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

void Replace(JsonBuilder& builder, JsonValue& object, const char* name, JsonValue value) {
  object.RemoveMember(name);
  builder.Set(object, name, std::move(value));
}

void SetVariable(std::vector<std::string>& environment, const std::string& line) {
  const std::string name = line.substr(0, line.find('=') + 1);
  for (std::string& present : environment) {
    if (present.starts_with(name)) {
      present = line;
      return;
    }
  }
  environment.push_back(line);
}

JsonValue User(JsonBuilder& builder, const runtime::ResolvedUser& user) {
  JsonValue object = builder.Object();
  builder.Set(object, "uid", user.uid);
  builder.Set(object, "gid", user.gid);
  builder.Set(object, "umask", 022);
  JsonValue groups = builder.Array();
  for (const uint32_t gid : user.additional_gids) builder.Push(groups, JsonValue(gid));
  builder.Set(object, "additionalGids", std::move(groups));
  return object;
}

// Root uses its whole bounding set, others nothing of it.
JsonValue Capabilities(JsonBuilder& builder, const std::vector<std::string>& bounding, bool root) {
  JsonValue sets = builder.Object();
  builder.Set(sets, "bounding", builder.Strings(bounding));
  for (const char* set : {"effective", "permitted"}) {
    builder.Set(sets, set, root ? builder.Strings(bounding) : builder.Array());
  }
  return sets;
}

}  // namespace

Result<std::string> ExecProcess(const std::string& config, const ExecOptions& options, const std::string& root) {
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(config, "config.json"));
  const JsonValue* own = common::FindObject(document, "process");
  if (own == nullptr) return MakeError(ErrorCode::kInternal, "config.json has no process");
  JsonBuilder builder;
  JsonValue process(*own, builder.allocator());
  std::vector<std::string> environment = common::GetStrings(process, "env");
  const JsonValue* own_user = common::FindObject(process, "user");
  int64_t uid = own_user == nullptr ? 0 : common::GetInt(*own_user, "uid");
  const JsonValue* own_capabilities = common::FindObject(process, "capabilities");
  auto bounding = own_capabilities == nullptr ? std::vector<std::string>() : common::GetStrings(*own_capabilities, "bounding");
  if (options.privileged) bounding = runtime::AllCapabilities();

  if (!options.user.empty()) {
    ASSIGN_OR_RETURN(const auto user, runtime::ResolveUser({root}, {.user = options.user}), "user \"{}\"", options.user);
    uid = user.uid;
    Replace(builder, process, "user", User(builder, user));
    SetVariable(environment, "HOME=" + user.home);
  }
  if (!options.user.empty() || options.privileged) {
    Replace(builder, process, "capabilities", Capabilities(builder, bounding, uid == 0));
  }
  if (options.tty) SetVariable(environment, "TERM=xterm");
  for (const std::string& line : options.env) SetVariable(environment, line);
  Replace(builder, process, "args", builder.Strings(options.command));
  Replace(builder, process, "env", builder.Strings(environment));
  Replace(builder, process, "terminal", JsonValue(options.tty));
  if (!options.working_dir.empty()) Replace(builder, process, "cwd", builder.String(options.working_dir));
  return common::ToJson(process);
}

}  // namespace skiff::pod
