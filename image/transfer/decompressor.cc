#include "image/transfer/decompressor.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#ifdef SKIFF_WITH_ISAL
#include "image/transfer/gunzip.h"
#endif

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kMagicLength = 6;
// Real layers shrink to a half or a tenth; what grows by more than this is zeros, of a sparse file or to do harm.
constexpr int64_t kUsualGrowth = 200;

struct ReadFree {
  void operator()(archive* a) const { archive_read_free(a); }
};

// Gives the first bytes, which were read to detect the compression, before the rest.
class PrefixedSource : public ByteSource {
 public:
  PrefixedSource(std::string prefix, std::unique_ptr<ByteSource> rest) : prefix_(std::move(prefix)), rest_(std::move(rest)) {}

  Result<std::string_view> Next() override {
    if (given_ || prefix_.empty()) return rest_->Next();
    given_ = true;
    return std::string_view(prefix_);
  }

 private:
  std::string prefix_;
  std::unique_ptr<ByteSource> rest_;
  bool given_ = false;
};

class ArchiveFilterSource : public ByteSource {
 public:
  explicit ArchiveFilterSource(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)), archive_(archive_read_new()) {}

  Result<> Open(Compression compression) {
    archive* a = archive_.get();
    // Only the filter that was detected: libarchive's "all" would also start external programs.
    switch (compression) {
      case Compression::kGzip: archive_read_support_filter_gzip(a); break;
      case Compression::kBzip2: archive_read_support_filter_bzip2(a); break;
      case Compression::kXz: archive_read_support_filter_xz(a); break;
      case Compression::kZstd: archive_read_support_filter_zstd(a); break;
      case Compression::kNone: break;
    }
    archive_read_support_format_raw(a);
    archive_read_support_format_empty(a);
    archive_entry* entry = nullptr;
    if (archive_read_open(a, this, nullptr, &ArchiveFilterSource::Read, nullptr) != ARCHIVE_OK) return Failure();
    const int code = archive_read_next_header(a, &entry);
    if (code == ARCHIVE_EOF) ended_ = true;
    else if (code != ARCHIVE_OK) return Failure();
    return {};
  }

  Result<std::string_view> Next() override {
    while (!ended_) {
      const void* data = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(archive_.get(), &data, &size, &offset);
      if (code == ARCHIVE_EOF) ended_ = true;
      else if (code != ARCHIVE_OK) return Failure();
      else if (size > 0) return std::string_view(static_cast<const char*>(data), size);
    }
    return std::string_view();
  }

 private:
  static la_ssize_t Read(archive* a, void* self, const void** buffer) {
    auto* source = static_cast<ArchiveFilterSource*>(self);
    auto chunk = source->inner_->Next();
    if (!chunk) {
      source->error_ = chunk.error();
      archive_set_error(a, EIO, "%s", chunk.error().message().c_str());
      return -1;
    }
    *buffer = chunk->data();
    return static_cast<la_ssize_t>(chunk->size());
  }

  common::Error Failure() const {
    if (error_) return *error_;
    const char* why = archive_error_string(archive_.get());
    return MakeError(ErrorCode::kInvalid, "decompress: {}", why != nullptr ? why : "unknown error");
  }

  std::unique_ptr<ByteSource> inner_;
  std::unique_ptr<archive, ReadFree> archive_;
  std::optional<common::Error> error_;  // of inner_, kept as libarchive's own would lose its code
  bool ended_ = false;
};

// Counts what goes into a decompressor. Its owner reads on when the decompressor has had enough.
class CountedInput : public ByteSource {
 public:
  explicit CountedInput(std::unique_ptr<ByteSource> inner) : inner_(std::move(inner)) {}

  Result<std::string_view> Next() override {
    auto chunk = inner_->Next();
    if (chunk) size_ += static_cast<int64_t>(chunk->size());
    return chunk;
  }
  int64_t size() const { return size_; }

 private:
  std::unique_ptr<ByteSource> inner_;
  int64_t size_ = 0;
};

// Lends a stream to a decompressor that wants to own its input.
class Lent : public ByteSource {
 public:
  explicit Lent(ByteSource& source) : source_(source) {}
  Result<std::string_view> Next() override { return source_.Next(); }

 private:
  ByteSource& source_;
};

// A decompressor with its input: refuses what grows without measure, and reads the input to its end.
class MeasuredSource : public ByteSource {
 public:
  MeasuredSource(std::unique_ptr<CountedInput> input, int64_t growth_limit) : input_(std::move(input)), growth_limit_(growth_limit) {}

  Result<> Open(Compression compression) {
#ifdef SKIFF_WITH_ISAL
    if (compression == Compression::kGzip) {
      output_ = Gunzip(std::make_unique<Lent>(*input_));
      return {};
    }
#endif
    auto filter = std::make_unique<ArchiveFilterSource>(std::make_unique<Lent>(*input_));
    TRY(filter->Open(compression));
    output_ = std::move(filter);
    return {};
  }

  Result<std::string_view> Next() override {
    ASSIGN_OR_RETURN(const std::string_view chunk, output_->Next());
    if (chunk.empty()) return Drain();
    given_ += static_cast<int64_t>(chunk.size());
    if (given_ > growth_limit_ && given_ / kUsualGrowth > input_->size())
      return MakeError(ErrorCode::kInvalid,
                       "decompress: {} bytes grow to more than {}, over {} times as much and more than half of the space that is "
                       "free: it may be made to fill the disk",
                       input_->size(), given_, kUsualGrowth);
    return chunk;
  }

 private:
  Result<std::string_view> Drain() {
    while (true) {
      auto chunk = input_->Next();
      if (!chunk || chunk->empty()) return chunk;
    }
  }

  std::unique_ptr<CountedInput> input_;  // before output_, which reads it
  std::unique_ptr<ByteSource> output_;
  int64_t growth_limit_;
  int64_t given_ = 0;
};

}  // namespace

Compression DetectCompression(std::string_view first) {
  using namespace std::string_view_literals;
  const auto starts = [&](std::string_view magic) { return first.substr(0, magic.size()) == magic; };
  if (starts("\x1f\x8b"sv)) return Compression::kGzip;
  if (starts("BZh"sv)) return Compression::kBzip2;
  if (starts("\xfd" "7zXZ\x00"sv)) return Compression::kXz;
  if (starts("\x28\xb5\x2f\xfd"sv)) return Compression::kZstd;
  // A skippable frame, which zstd:chunked puts first.
  if (first.size() >= 4 && (first[0] & 0xf0) == 0x50 && first.substr(1, 3) == "\x2a\x4d\x18"sv) return Compression::kZstd;
  return Compression::kNone;
}

int64_t GrowthLimitAt(const std::string& directory) {
  struct statvfs info;
  if (::statvfs(directory.c_str(), &info) != 0) return kHarmlessSize;
  return std::max(kHarmlessSize, static_cast<int64_t>(info.f_bavail * info.f_frsize / 2));
}

Result<Decompressed> Decompress(std::unique_ptr<ByteSource> inner, int64_t growth_limit) {
  std::string prefix;
  while (prefix.size() < kMagicLength) {
    ASSIGN_OR_RETURN(const std::string_view chunk, inner->Next());
    if (chunk.empty()) break;
    prefix += chunk;
  }
  const Compression compression = DetectCompression(prefix);
  auto whole = std::make_unique<PrefixedSource>(std::move(prefix), std::move(inner));
  if (compression == Compression::kNone) return Decompressed{std::move(whole), compression};
  auto source = std::make_unique<MeasuredSource>(std::make_unique<CountedInput>(std::move(whole)), growth_limit);
  TRY(source->Open(compression));
  return Decompressed{std::move(source), compression};
}

}  // namespace skiff::image
