#include "image/transfer_event.h"

#include <array>

#include "image/transfer_error.h"

namespace skiff::image {
namespace {

// In the order of TransferEvent::Kind.
constexpr std::array<const char*, 7> kKinds = {"trying", "blob", "present", "progress", "done", "manifest", "retry"};

}  // namespace

std::string EncodeTransferEvent(const TransferEvent& event) {
  common::JsonBuilder json;
  json.Set(json.root(), "event", kKinds[static_cast<size_t>(event.kind)]);
  json.Set(json.root(), "image", event.image);
  if (!event.digest.empty()) json.Set(json.root(), "digest", event.digest);
  if (!event.text.empty()) json.Set(json.root(), "text", ReadableText(event.text));
  if (event.bytes != 0) json.Set(json.root(), "bytes", event.bytes);
  if (event.size != 0) json.Set(json.root(), "size", event.size);
  return common::ToJson(json.root());
}

bool DecodeTransferEvent(const common::JsonValue& line, TransferEvent& event) {
  if (!line.IsObject()) return false;
  const std::string_view kind = common::GetString(line, "event");
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kind != kKinds[i]) continue;
    event.kind = static_cast<TransferEvent::Kind>(i);
    event.image = common::GetString(line, "image");
    event.digest = common::GetString(line, "digest");
    event.text = common::GetString(line, "text");
    event.bytes = common::GetInt(line, "bytes");
    event.size = common::GetInt(line, "size");
    return true;
  }
  return false;
}

}  // namespace skiff::image
