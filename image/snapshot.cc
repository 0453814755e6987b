#include "image/snapshot.h"

#include <sys/stat.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "image/record_file.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonValue;
using common::MakeError;
using common::Result;

constexpr std::string_view kManifestKey = "manifest-";
constexpr std::string_view kConfigKey = "sha256:";

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

int64_t SumOfSizes(const JsonValue& record) {
  int64_t sum = 0;
  if (const JsonValue* sizes = common::FindObject(record, "big-data-sizes"))
    for (const auto& member : sizes->GetObject())
      if (member.value.IsInt64()) sum += member.value.GetInt64();
  return sum;
}

StoredImage Decode(const JsonValue& record, const Snapshot& snapshot) {
  StoredImage stored;
  Image& image = stored.image;
  image.id = common::GetString(record, "id");
  image.digest = common::GetString(record, "digest");
  image.names = common::GetStrings(record, "names");
  image.names_history = common::GetStrings(record, "names-history");
  image.top_layer = common::GetString(record, "layer");
  image.created = common::GetString(record, "created");
  image.size = SumOfSizes(record);
  if (!image.digest.empty()) stored.digests.push_back(image.digest);
  stored.config_key = std::string(kConfigKey) + image.id;
  for (const auto& key : common::GetStrings(record, "big-data-names")) {
    if (StartsWith(key, kManifestKey)) stored.digests.push_back(key.substr(kManifestKey.size()));
    if (StartsWith(key, kConfigKey)) stored.config_key = key;
  }
  if (const auto chain = snapshot.Chain(image.top_layer))
    for (const auto& layer : *chain) image.size += std::max<int64_t>(0, snapshot.layers.find(layer)->second.size);
  return stored;
}

// When two records bear one name, the later record has it.
void DropShadowedNames(std::vector<StoredImage>& images) {
  std::set<std::string> seen;
  for (auto it = images.rbegin(); it != images.rend(); ++it) {
    auto& names = it->image.names;
    names.erase(std::remove_if(names.begin(), names.end(), [&](const auto& name) { return !seen.insert(name).second; }),
                names.end());
  }
}

// Replacing a file gives it a new inode and a new time.
struct Stamp {
  ino_t inode = 0;
  timespec time = {};
  bool operator==(const Stamp& other) const {
    return inode == other.inode && time.tv_sec == other.time.tv_sec && time.tv_nsec == other.time.tv_nsec;
  }
};

Stamp StampOf(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 ? Stamp{info.st_ino, info.st_mtim} : Stamp{};
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> Snapshot::Load(const StorageLayout& layout) {
  auto snapshot = std::make_shared<Snapshot>();
  ASSIGN_OR_RETURN(const RecordFile images, RecordFile::Load(layout.ImagesJson()));
  ASSIGN_OR_RETURN(const RecordFile layers, RecordFile::Load(layout.LayersJson()));
  for (const auto& record : layers.records().GetArray())
    snapshot->layers[std::string(common::GetString(record, "id"))] = {std::string(common::GetString(record, "parent")),
                                                                      common::GetInt(record, "diff-size")};
  for (const auto& record : images.records().GetArray()) snapshot->images.push_back(Decode(record, *snapshot));
  DropShadowedNames(snapshot->images);
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

Result<std::vector<std::string>> Snapshot::Chain(const std::string& top_layer) const {
  std::vector<std::string> chain;
  std::string id = top_layer;
  while (!id.empty()) {
    const auto layer = layers.find(id);
    if (layer == layers.end())
      return MakeError(ErrorCode::kInvalid, "layer {} is not in the local store; load or pull the image again", id);
    if (chain.size() > layers.size()) return MakeError(ErrorCode::kInvalid, "layer {} is its own ancestor", id);
    chain.push_back(id);
    id = layer->second.parent;
  }
  return chain;
}

struct SnapshotCache::State {
  std::mutex mutex;
  Stamp images, layers;
  std::shared_ptr<const Snapshot> snapshot;
};

SnapshotCache::SnapshotCache(StorageLayout layout) : layout_(std::move(layout)), state_(std::make_unique<State>()) {}
SnapshotCache::~SnapshotCache() = default;

Result<std::shared_ptr<const Snapshot>> SnapshotCache::Get() {
  const std::lock_guard<std::mutex> guard(state_->mutex);
  const Stamp images = StampOf(layout_.ImagesJson());
  const Stamp layers = StampOf(layout_.LayersJson());
  if (state_->snapshot != nullptr && images == state_->images && layers == state_->layers) return state_->snapshot;
  ASSIGN_OR_RETURN(state_->snapshot, Snapshot::Load(layout_));
  state_->images = images;
  state_->layers = layers;
  return state_->snapshot;
}

}  // namespace skiff::image
