#include "image/transfer/layer_record.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>

#include "common/clock.h"

namespace skiff::image {
namespace {

using common::JsonValue;

JsonValue& MemberObject(RecordFile& file, JsonValue& record, const char* name) {
  if (common::FindObject(record, name) == nullptr) file.Set(record, name, JsonValue(rapidjson::kObjectType));
  return record.FindMember(name)->value;
}

JsonValue Ids(RecordFile& file, const std::vector<uint32_t>& ids) {
  JsonValue list(rapidjson::kArrayType);
  for (const uint32_t id : ids) list.PushBack(id, file.allocator());
  return list;
}

}  // namespace

bool IsCompleteLayer(const JsonValue& record) {
  const JsonValue* flags = common::FindObject(record, "flags");
  return !common::GetString(record, "diff-digest").empty() && (flags == nullptr || !common::GetBool(*flags, "incomplete"));
}

JsonValue MakeIncompleteLayer(RecordFile& layers, const std::string& id, const std::string& parent) {
  JsonValue record(rapidjson::kObjectType);
  layers.Set(record, "id", id);
  if (!parent.empty()) layers.Set(record, "parent", parent);
  layers.Set(record, "created", common::FormatTime(common::Now(), true));
  JsonValue flags(rapidjson::kObjectType);
  flags.AddMember("incomplete", true, layers.allocator());
  layers.Set(record, "flags", std::move(flags));
  return record;
}

void CompleteLayer(RecordFile& layers, JsonValue& record, const UnpackedLayer& layer) {
  record.RemoveMember("flags");
  layers.Set(record, "compressed-diff-digest", layer.blob_digest);
  layers.Set(record, "compressed-size", JsonValue(layer.blob_size));
  layers.Set(record, "diff-digest", layer.diff_digest);
  layers.Set(record, "diff-size", JsonValue(layer.diff_size));
  if (layer.compression != Compression::kNone)
    layers.Set(record, "compression", JsonValue(static_cast<int>(layer.compression)));
  layers.Set(record, "uidset", Ids(layers, layer.uids));
  layers.Set(record, "gidset", Ids(layers, layer.gids));
}

JsonValue MakeImageRecord(RecordFile& images, const std::string& id, const std::string& digest, const std::string& layer,
                          const std::string& config) {
  const auto document = common::ParseJson(config, "the image configuration");
  const std::string_view created = document ? common::GetString(*document, "created") : std::string_view();
  JsonValue record(rapidjson::kObjectType);
  images.Set(record, "id", id);
  images.Set(record, "digest", digest);
  if (!layer.empty()) images.Set(record, "layer", layer);
  images.Set(record, "metadata", "{}");
  // podman reads the time strictly; a configuration without a valid one was made at the epoch.
  const bool valid = common::ParseTime(created).has_value();
  images.Set(record, "created", valid ? created : std::string_view("1970-01-01T00:00:00Z"));
  return record;
}

void RecordBigData(RecordFile& images, JsonValue& record, const BigData& data, const std::string& digest) {
  auto names = common::GetStrings(record, "big-data-names");
  if (std::find(names.begin(), names.end(), data.key) == names.end()) names.push_back(data.key);
  images.SetStrings(record, "big-data-names", names);
  JsonValue& sizes = MemberObject(images, record, "big-data-sizes");
  images.Set(sizes, data.key.c_str(), JsonValue(static_cast<int64_t>(data.bytes.size())));
  JsonValue& digests = MemberObject(images, record, "big-data-digests");
  images.Set(digests, data.key.c_str(), digest);
}

std::string NewShortName() {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  unsigned char bytes[26];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) std::abort();
  std::string name;
  for (const unsigned char byte : bytes) name += kAlphabet[byte % 32];
  return name;
}

}  // namespace skiff::image
