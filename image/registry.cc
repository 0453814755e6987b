#include "image/registry.h"

#include "image/transfer_error.h"
#include "image/transfer_process.h"

namespace skiff::image {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

namespace {

Result<std::vector<LoadedImage>> DecodeResult(const JsonValue& result) {
  if (const JsonValue* error = common::FindObject(result, "error")) return DecodeTransferError(common::ToJson(*error));
  std::vector<LoadedImage> images;
  if (const JsonValue* list = common::FindArray(result, "images"))
    for (const auto& item : list->GetArray())
      images.push_back({std::string(common::GetString(item, "id")), common::GetStrings(item, "names")});
  if (images.empty()) return MakeError(ErrorCode::kInternal, "skiff-transfer gave no image");
  return images;
}

}  // namespace

Result<std::vector<Result<std::vector<LoadedImage>>>> PullImages(const common::SystemPaths& paths, const RegistryRequest& request,
                                                                 const EventSink& sink) {
  ASSIGN_OR_RETURN(const auto json, RunTransferVerb(paths, "pull", EncodeRegistryRequest(request), sink));
  const JsonValue* list = common::FindArray(json, "results");
  if (list == nullptr || list->Size() != request.items.size())
    return MakeError(ErrorCode::kInternal, "skiff-transfer gave not one result per image");
  std::vector<Result<std::vector<LoadedImage>>> results;
  for (const auto& result : list->GetArray()) results.push_back(DecodeResult(result));
  return results;
}

Result<std::string> PushImage(const common::SystemPaths& paths, const RegistryRequest& request, const EventSink& sink) {
  ASSIGN_OR_RETURN(const auto json, RunTransferVerb(paths, "push", EncodeRegistryRequest(request), sink));
  return std::string(common::GetString(json, "digest"));
}

Result<> CheckLogin(const common::SystemPaths& paths, const RegistryRequest& request) {
  TRY(RunTransferVerb(paths, "login", EncodeRegistryRequest(request), {}));
  return {};
}

Result<std::vector<SearchResult>> SearchRegistries(const common::SystemPaths& paths, const RegistryRequest& request) {
  ASSIGN_OR_RETURN(const auto json, RunTransferVerb(paths, "search", EncodeRegistryRequest(request), {}));
  std::vector<SearchResult> results;
  if (const JsonValue* list = common::FindArray(json, "results"))
    for (const auto& item : list->GetArray())
      results.push_back({std::string(common::GetString(item, "index")), std::string(common::GetString(item, "name")),
                         std::string(common::GetString(item, "description")), common::GetInt(item, "stars"),
                         common::GetBool(item, "official"), common::GetBool(item, "automated")});
  return results;
}

Result<RemoteTags> ListTags(const common::SystemPaths& paths, const RegistryRequest& request) {
  ASSIGN_OR_RETURN(const auto json, RunTransferVerb(paths, "tags", EncodeRegistryRequest(request), {}));
  return RemoteTags{std::string(common::GetString(json, "name")), common::GetStrings(json, "tags")};
}

Result<std::string> ReadRemoteManifest(const common::SystemPaths& paths, const RegistryRequest& request) {
  ASSIGN_OR_RETURN(const auto json, RunTransferVerb(paths, "manifest", EncodeRegistryRequest(request), {}));
  return std::string(common::GetString(json, "manifest"));
}

}  // namespace skiff::image
