#include "image/image_config.h"

#include "common/json.h"

namespace skiff::image {
namespace {

using common::JsonValue;

std::vector<std::string> MemberNames(const JsonValue& object, const char* name) {
  std::vector<std::string> names;
  if (const JsonValue* set = common::FindObject(object, name))
    for (const auto& member : set->GetObject()) names.emplace_back(member.name.GetString(), member.name.GetStringLength());
  return names;
}

}  // namespace

common::Result<> DecodeImageConfig(std::string_view json, std::string_view what, Image& image) {
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(json, what));
  if (!document.IsObject())
    return common::MakeError(common::ErrorCode::kInvalid, "{}: the image configuration is not a JSON object", what);
  image.architecture = common::GetString(document, "architecture");
  image.os = common::GetString(document, "os");
  if (image.created.empty()) image.created = common::GetString(document, "created");
  const JsonValue* config = common::FindObject(document, "config");
  if (config == nullptr) return {};
  ImageConfig& result = image.config;
  result.entrypoint = common::GetStrings(*config, "Entrypoint");
  result.cmd = common::GetStrings(*config, "Cmd");
  result.env = common::GetStrings(*config, "Env");
  result.user = common::GetString(*config, "User");
  result.working_dir = common::GetString(*config, "WorkingDir");
  result.volumes = MemberNames(*config, "Volumes");
  result.exposed_ports = MemberNames(*config, "ExposedPorts");
  result.labels = common::GetStringMap(*config, "Labels");
  result.stop_signal = common::GetString(*config, "StopSignal");
  if (const JsonValue* health = common::FindObject(*config, "Healthcheck")) {
    result.health.test = common::GetStrings(*health, "Test");
    result.health.interval_ns = common::GetInt(*health, "Interval");
    result.health.timeout_ns = common::GetInt(*health, "Timeout");
    result.health.start_period_ns = common::GetInt(*health, "StartPeriod");
    result.health.retries = common::GetInt(*health, "Retries");
  }
  return {};
}

}  // namespace skiff::image
