#include "image/registry_request.h"

#include "common/json.h"

namespace skiff::image {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;

std::string EncodeRegistryRequest(const RegistryRequest& request) {
  JsonBuilder json;
  JsonValue& root = json.root();
  const RegistryAccess& access = request.access;
  if (access.auth.given) {
    JsonValue given = json.Object();
    json.Set(given, "username", access.auth.given->username);
    json.Set(given, "password", access.auth.given->password);
    json.Set(given, "identityToken", access.auth.given->identity_token);
    json.Set(root, "credentials", std::move(given));
  }
  json.Set(root, "pullSecrets", json.Strings(access.auth.pull_secrets));
  json.Set(root, "authfile", access.auth.authfile);
  if (access.tls_verify) json.Set(root, "tlsVerify", *access.tls_verify);
  json.Set(root, "certDir", access.cert_dir);
  json.Set(root, "retries", access.retries);
  json.Set(root, "retryDelayMs", access.retry_delay_ms);
  json.Set(root, "progress", request.progress);
  JsonValue items = json.Array();
  for (const auto& item : request.items) {
    JsonValue object = json.Object();
    json.Set(object, "name", item.name);
    json.Set(object, "pullSecrets", json.Strings(item.pull_secrets));
    json.Push(items, std::move(object));
  }
  json.Set(root, "items", std::move(items));
  json.Set(root, "os", request.os);
  json.Set(root, "architecture", request.architecture);
  json.Set(root, "variant", request.variant);
  json.Set(root, "allTags", request.all_tags);
  json.Set(root, "imageId", request.image_id);
  json.Set(root, "format", request.format);
  json.Set(root, "compression", request.compression);
  json.Set(root, "limit", request.limit);
  return common::ToJson(root);
}

Result<RegistryRequest> DecodeRegistryRequest(std::string_view text) {
  ASSIGN_OR_RETURN(const auto json, common::ParseJson(text, "the request"));
  if (!json.IsObject()) return common::MakeError(common::ErrorCode::kInvalid, "the request is not a JSON object");
  RegistryRequest request;
  if (const JsonValue* given = common::FindObject(json, "credentials"))
    request.access.auth.given = Credentials{std::string(common::GetString(*given, "username")),
                                            std::string(common::GetString(*given, "password")),
                                            std::string(common::GetString(*given, "identityToken"))};
  request.access.auth.pull_secrets = common::GetStrings(json, "pullSecrets");
  request.access.auth.authfile = common::GetString(json, "authfile");
  if (json.HasMember("tlsVerify")) request.access.tls_verify = common::GetBool(json, "tlsVerify");
  request.access.cert_dir = common::GetString(json, "certDir");
  request.access.retries = common::GetInt(json, "retries");
  request.access.retry_delay_ms = common::GetInt(json, "retryDelayMs");
  request.progress = common::GetBool(json, "progress");
  if (const JsonValue* items = common::FindArray(json, "items"))
    for (const auto& item : items->GetArray())
      request.items.push_back({std::string(common::GetString(item, "name")), common::GetStrings(item, "pullSecrets")});
  request.os = common::GetString(json, "os");
  request.architecture = common::GetString(json, "architecture");
  request.variant = common::GetString(json, "variant");
  request.all_tags = common::GetBool(json, "allTags");
  request.image_id = common::GetString(json, "imageId");
  request.format = common::GetString(json, "format");
  request.compression = common::GetString(json, "compression");
  request.limit = common::GetInt(json, "limit");
  return request;
}

}  // namespace skiff::image
