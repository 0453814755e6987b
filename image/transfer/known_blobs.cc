#include "image/transfer/known_blobs.h"

#include "common/file.h"
#include "common/file_lock.h"
#include "common/json.h"

namespace skiff::image {
namespace {

constexpr size_t kFileLimit = 16u << 20;
constexpr rapidjson::SizeType kMaxLayers = 10000;  // then it starts anew

common::JsonDocument Read(const std::string& path) {
  const auto text = common::ReadFile(path, kFileLimit);
  if (text) {
    auto json = common::ParseJson(*text, path);
    if (json && json->IsObject() && json->MemberCount() < kMaxLayers) return std::move(*json);
  }
  common::JsonDocument empty;
  empty.SetObject();
  return empty;
}

}  // namespace

std::vector<KnownBlob> KnownBlobs::TryFind(const std::string& diff_digest) const {
  std::vector<KnownBlob> blobs;
  const common::JsonDocument json = Read(path_);
  if (const common::JsonValue* list = common::FindArray(json, diff_digest.c_str()))
    for (const auto& item : list->GetArray())
      if (item.IsObject())
        blobs.push_back({std::string(common::GetString(item, "digest")), common::GetInt(item, "size"),
                         std::string(common::GetString(item, "compression"))});
  return blobs;
}

void KnownBlobs::TryRemember(const std::string& diff_digest, const KnownBlob& blob) const {
  const auto lock = common::FileLock::Acquire(path_ + ".lock");
  if (!lock) return;
  auto blobs = TryFind(diff_digest);
  std::erase_if(blobs, [&](const KnownBlob& other) { return other.compression == blob.compression; });
  blobs.push_back(blob);
  common::JsonDocument json = Read(path_);
  auto& allocator = json.GetAllocator();
  const auto text = [&](const std::string& value) { return common::JsonValue(value.c_str(), allocator); };
  common::JsonValue list(rapidjson::kArrayType);
  for (const auto& one : blobs) {
    common::JsonValue item(rapidjson::kObjectType);
    item.AddMember("digest", text(one.digest), allocator);
    item.AddMember("size", common::JsonValue(one.size), allocator);
    item.AddMember("compression", text(one.compression), allocator);
    list.PushBack(item, allocator);
  }
  json.RemoveMember(diff_digest.c_str());
  json.AddMember(text(diff_digest), list, allocator);
  (void)common::WriteFileAtomic(path_, common::ToJson(json), 0600);
}

}  // namespace skiff::image
