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

constexpr size_t kWordLimit = 200, kWordStart = 120, kWordEnd = 40;
constexpr size_t kTextLimit = 8192;

bool EndsWord(char c) { return c == ' ' || c == '\n' || c == '"'; }

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
}

// Not between the bytes of one character.
size_t CharacterStart(std::string_view text, size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

std::string ReadableText(std::string_view text) {
  std::string out;
  while (!text.empty() && out.size() < kTextLimit) {
    size_t length = 0;
    while (length < text.size() && !EndsWord(text[length])) ++length;
    const std::string_view word = text.substr(0, length);
    if (length <= kWordLimit) {
      AppendEscaped(out, word);
    } else {
      const size_t start = CharacterStart(word, kWordStart), end = CharacterStart(word, length - kWordEnd);
      AppendEscaped(out, word.substr(0, start));
      out += fmt::format("[...{} bytes...]", end - start);
      AppendEscaped(out, word.substr(end));
    }
    if (length < text.size()) out += text[length++];
    text.remove_prefix(length);
  }
  if (!text.empty()) out += fmt::format(" [...{} bytes]", text.size());
  return out;
}

std::string EncodeTransferError(const common::Error& error) {
  const auto* code = std::find_if(kCodes.begin(), kCodes.end(), [&](const auto& c) { return c.first == error.code(); });
  common::JsonBuilder json;
  json.Set(json.root(), "code", code != kCodes.end() ? code->second : "internal");
  json.Set(json.root(), "message", ReadableText(error.message()));
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
