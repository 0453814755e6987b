#include "image/transfer_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/json.h"

namespace skiff::image {
namespace {

using common::ErrorCode;

constexpr std::array<std::pair<ErrorCode, const char*>, 9> kCodes = {{
    {ErrorCode::kInternal, "internal"},
    {ErrorCode::kInvalid, "invalid"},
    {ErrorCode::kNotFound, "not-found"},
    {ErrorCode::kExists, "exists"},
    {ErrorCode::kBusy, "busy"},
    {ErrorCode::kUnsupported, "unsupported"},
    {ErrorCode::kPermission, "permission"},
    {ErrorCode::kUnavailable, "unavailable"},
    {ErrorCode::kTimeout, "timeout"},
}};

}  // namespace

std::string EncodeTransferError(const common::Error& error) {
  const auto* code = std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& c) { return c.first == error.code(); });
  common::JsonBuilder json;
  json.Set(json.root(), "code", code != kCodes.end() ? code->second : "internal");
  json.Set(json.root(), "message", error.message());
  return common::ToJson(json.root());
}

common::Error DecodeTransferError(std::string_view text) {
  const auto document = common::ParseJson(text, "skiff-transfer");
  if (!document || !document->IsObject() || common::GetString(*document, "message").empty())
    return common::MakeError(ErrorCode::kInternal, "skiff-transfer failed: {}", text.empty() ? "it said nothing" : text);
  const std::string_view name = common::GetString(*document, "code");
  const auto* code = std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& c) { return name == c.second; });
  return common::Error(code != kCodes.end() ? code->first : ErrorCode::kInternal,
                       std::string(common::GetString(*document, "message")));
}

}  // namespace skiff::image
