#include "image/transfer/layer_export.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "common/file.h"
#include "image/record_file.h"
#include "image/transfer/extractor.h"
#include "image/transfer/layer_record.h"
#include "image/transfer/sha256.h"
#include "image/transfer/tar_split_reader.h"
#include "image/transfer/tree_source.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

// Segments and the contents of files in turn.
class TarSplitSource : public ByteSource {
 public:
  TarSplitSource(TarSplitReader reader, UniqueFd root) : reader_(std::move(reader)), root_(std::move(root)) {}

  Result<std::string_view> Next() override {
    while (true) {
      if (file_ != nullptr) {
        ASSIGN_OR_RETURN(const std::string_view chunk, file_->Next());
        if (!chunk.empty()) return chunk;
        file_.reset();
      }
      ASSIGN_OR_RETURN(const bool more, reader_.Next(item_));
      if (!more) return std::string_view();
      if (!item_.is_file && !item_.bytes.empty()) return std::string_view(item_.bytes);
      if (item_.is_file && item_.size > 0) TRY(OpenFile(), "the layer's file \"{}\"", item_.name);
    }
  }

 private:
  // Links in the directories above are those of the layer, so they are resolved inside it.
  Result<> OpenFile() {
    ASSIGN_OR_RETURN(const std::string path, CleanEntryPath(item_.name));
    open_how how = {};
    how.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    UniqueFd fd;
    do fd = UniqueFd(static_cast<int>(::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how)));
    while (!fd && errno == EAGAIN);
    struct stat info;
    if (!fd || ::fstat(fd.get(), &info) != 0) return ErrnoError("open");
    if (!S_ISREG(info.st_mode) || info.st_size != item_.size)
      return MakeError(ErrorCode::kInvalid, "has been changed since it was unpacked");
    file_ = ReadWhole(std::move(fd), item_.size, item_.name);
    return {};
  }

  TarSplitReader reader_;
  UniqueFd root_;
  TarSplitItem item_;
  std::unique_ptr<ByteSource> file_;
};

class VerifyingSource : public ByteSource {
 public:
  VerifyingSource(std::unique_ptr<ByteSource> inner, StoredLayer layer, bool repacked)
      : tar_(std::move(inner)), layer_(std::move(layer)), repacked_(repacked) {}

  Result<std::string_view> Next() override {
    ASSIGN_OR_RETURN(const std::string_view chunk, tar_.Next(), "layer {}", layer_.id);
    if (chunk.empty() && !std::exchange(checked_, true)) TRY(Check());
    return chunk;
  }

 private:
  Result<> Check() {
    const std::string digest = tar_.Digest();
    if (layer_.diff_digest.empty() || digest == layer_.diff_digest) return {};
    return MakeError(ErrorCode::kInvalid, "layer {} gives a tar of digest {}, not {}: {}; remove the image and load or pull it again",
                     layer_.id, digest, layer_.diff_digest,
                     repacked_ ? "what is needed to build it again was not kept" : "its files have been changed since they were unpacked");
  }

  DigestingSource tar_;
  StoredLayer layer_;
  bool repacked_;
  bool checked_ = false;
};

StoredLayer Decode(const common::JsonValue& record) {
  StoredLayer layer;
  layer.id = common::GetString(record, "id");
  layer.diff_digest = common::GetString(record, "diff-digest");
  if (!layer.diff_digest.empty()) layer.diff_size = common::GetInt(record, "diff-size", -1);
  layer.blob_digest = common::GetString(record, "compressed-diff-digest");
  if (!layer.blob_digest.empty()) layer.blob_size = common::GetInt(record, "compressed-size", -1);
  layer.compression = static_cast<Compression>(common::GetInt(record, "compression"));
  return layer;
}

}  // namespace

Result<std::vector<StoredLayer>> StoredLayers(const StorageLayout& layout, const std::string& top_layer) {
  ASSIGN_OR_RETURN(const RecordFile records, RecordFile::Load(layout.LayersJson()));
  std::vector<StoredLayer> layers;
  for (std::string id = top_layer; !id.empty();) {
    const common::JsonValue* record = records.FindById(id);
    if (record == nullptr) return MakeError(ErrorCode::kInvalid, "layer {} is not in the local store; load or pull the image again", id);
    if (layers.size() > records.records().Size()) return MakeError(ErrorCode::kInvalid, "layer {} is its own ancestor", id);
    layers.push_back(Decode(*record));
    id = common::GetString(*record, "parent");
  }
  std::reverse(layers.begin(), layers.end());
  return layers;
}

Result<std::map<std::string, StoredLayer>> LayersByDiffDigest(const StorageLayout& layout) {
  ASSIGN_OR_RETURN(const RecordFile records, RecordFile::Load(layout.LayersJson()));
  std::map<std::string, StoredLayer> layers;
  for (const auto& record : records.records().GetArray()) {
    if (!IsCompleteLayer(record)) continue;
    StoredLayer layer = Decode(record);
    if (!layer.diff_digest.empty() && common::PathExists(layout.TarSplit(layer.id))) layers.emplace(layer.diff_digest, std::move(layer));
  }
  return layers;
}

Result<std::unique_ptr<ByteSource>> OpenLayerTar(const StorageLayout& layout, const StoredLayer& layer) {
  ASSIGN_OR_RETURN(UniqueFd root, common::Open(layout.LayerDir(layer.id) + "/diff", O_RDONLY | O_DIRECTORY), "layer {}", layer.id);
  auto record = TarSplitReader::Open(layout.TarSplit(layer.id));
  std::unique_ptr<ByteSource> tar;
  if (record) tar = std::make_unique<TarSplitSource>(std::move(*record), std::move(root));
  else if (record.error().code() != ErrorCode::kNotFound) return std::move(record).error().Wrap("layer " + layer.id);
  else tar = ReadTree(std::move(root), {true, {}, {}});
  return std::make_unique<VerifyingSource>(std::move(tar), layer, !record.has_value());
}

}  // namespace skiff::image
