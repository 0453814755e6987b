#include "image/transfer/layer_unpacker.h"

#include <algorithm>
#include <functional>

#include "image/transfer/crc64.h"
#include "image/transfer/extractor.h"
#include "image/transfer/read_ahead.h"
#include "image/transfer/sha256.h"
#include "image/transfer/tar_reader.h"
#include "image/transfer/tar_split_writer.h"

namespace skiff::image {
namespace {

using common::Result;

// Hashes of paths, 16 to 32 bytes each: a layer may have a million of them.
class PathHashes {
 public:
  // False if it was there already, or another path of the same hash.
  bool Insert(const std::string& path) {
    if (2 * count_ >= slots_.size()) Grow();
    const bool is_new = Place(std::max<size_t>(1, std::hash<std::string>()(path)));
    count_ += is_new;
    return is_new;
  }

 private:
  bool Place(size_t hash) {
    size_t i = hash & (slots_.size() - 1);
    for (; slots_[i] != kFree; i = (i + 1) & (slots_.size() - 1))
      if (slots_[i] == hash) return false;
    slots_[i] = hash;
    return true;
  }
  void Grow() {
    auto old = std::move(slots_);
    slots_.assign(std::max<size_t>(1024, 2 * old.size()), kFree);
    for (const size_t hash : old)
      if (hash != kFree) Place(hash);
  }

  static constexpr size_t kFree = 0;
  std::vector<size_t> slots_;  // a power of two, half of them in use at most
  size_t count_ = 0;
};

class Recorder : public TarReader::RawSink {
 public:
  explicit Recorder(TarSplitWriter writer) : writer_(std::move(writer)) {}

  Result<> OnRaw(std::string_view bytes) override { return writer_.Raw(bytes); }

  // Whether the entry's content shall be recorded as a file (the usual case) or as raw bytes: it must be there once unpacked,
  // and one path may stand for a file only once. Hashes suffice, as a chance match only makes the record longer.
  Result<bool> IsFile(const TarEntry& entry) {
    ASSIGN_OR_RETURN(const std::string path, CleanEntryPath(entry.name));
    const bool first = seen_.Insert(path);
    return first && (entry.size == 0 || Extractor::KeepsContent(path));
  }
  TarSplitWriter& writer() { return writer_; }

 private:
  TarSplitWriter writer_;
  PathHashes seen_;
};

Result<> AddEntry(TarReader& tar, Recorder& recorder, Extractor& extractor, const TarEntry& entry) {
  ASSIGN_OR_RETURN(const bool as_file, recorder.IsFile(entry));
  Crc64 crc;
  const auto next_piece = [&]() -> Result<std::string_view> {
    auto piece = tar.ReadContent();
    if (!piece) return piece;
    if (as_file) crc.Update(*piece);
    else TRY(recorder.OnRaw(*piece));
    return piece;
  };
  TRY(extractor.Add(entry, next_piece));
  // Entries that are not unpacked (the root, other programs' markers) may have content as well.
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view rest, next_piece());
    if (rest.empty()) break;
  }
  return as_file ? recorder.writer().File(entry.name, entry.size, crc.BigEndianBytes()) : Result<>();
}

}  // namespace

Result<UnpackedLayer> UnpackLayer(std::unique_ptr<ByteSource> blob, const UnpackOptions& options) {
  auto blob_hash = std::make_unique<DigestingSource>(std::move(blob));
  DigestingSource& blob_facts = *blob_hash;
  ASSIGN_OR_RETURN(Decompressed decompressed, Decompress(std::move(blob_hash), GrowthLimitAt(options.directory)));
  if (options.read_ahead) decompressed.source = ReadAhead(std::move(decompressed.source));
  // Without compression both digests are the same; the second is not computed twice.
  const bool plain = decompressed.compression == Compression::kNone;
  auto tar_hash = plain ? nullptr : std::make_unique<DigestingSource>(std::move(decompressed.source));
  ByteSource& tar_source = plain ? *decompressed.source : static_cast<ByteSource&>(*tar_hash);

  ASSIGN_OR_RETURN(TarSplitWriter writer, TarSplitWriter::Open(options.tar_split_fd));
  Recorder recorder(std::move(writer));
  ASSIGN_OR_RETURN(Extractor extractor, Extractor::Open(options.directory, options.user_xattrs));
  TarReader tar(tar_source, &recorder);
  TarEntry entry;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, tar.Next(entry));
    if (!more) break;
    TRY(AddEntry(tar, recorder, extractor, entry));
  }
  TRY(tar.ReadTrailer());
  TRY(recorder.writer().Finish());
  TRY(extractor.Finish());

  UnpackedLayer layer;
  layer.blob_digest = blob_facts.Digest();
  layer.blob_size = blob_facts.size();
  layer.diff_digest = plain ? layer.blob_digest : tar_hash->Digest();
  layer.diff_size = plain ? layer.blob_size : tar_hash->size();
  layer.compression = decompressed.compression;
  layer.uids.assign(extractor.uids().begin(), extractor.uids().end());
  layer.gids.assign(extractor.gids().begin(), extractor.gids().end());
  return layer;
}

}  // namespace skiff::image
