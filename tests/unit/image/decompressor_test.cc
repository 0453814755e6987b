#include "image/transfer/decompressor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/image/compress.h"
#include "tests/unit/image/tar_builder.h"

namespace skiff::image {
namespace {

using testing::HasSubstr;

// Text that shrinks, and not to nothing.
std::string SomeText(size_t size) {
  std::string text;
  for (uint32_t i = 0; text.size() < size; ++i) text += std::to_string(i * 2654435761u) + " some words ";
  return text.substr(0, size);
}

std::string Expand(const std::string& data, size_t piece, int64_t limit = kHarmlessSize) {
  auto stream = Decompress(FromText(data, piece), limit);
  if (!stream) return "error: " + stream.error().message();
  std::string text;
  while (true) {
    const auto chunk = stream->source->Next();
    if (!chunk) return "error: " + chunk.error().message();
    if (chunk->empty()) return text;
    text += *chunk;
  }
}

TEST(Decompressor, AnyKindInPiecesOfAnySize) {
  const std::string text = SomeText(300'000);
  for (const auto kind : {Compression::kNone, Compression::kGzip, Compression::kBzip2, Compression::kXz, Compression::kZstd}) {
    const std::string data = Compress(text, kind);
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, data.size()})
      EXPECT_TRUE(Expand(data, piece) == text) << static_cast<int>(kind) << " in pieces of " << piece;
  }
}

TEST(Decompressor, GzipMembersOneAfterAnother) {
  const std::string one = SomeText(100), other = SomeText(70'000);
  const std::string data = Compress(one, Compression::kGzip) + Compress("", Compression::kGzip) + Compress(other, Compression::kGzip);
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{50}, size_t{1000}, data.size()})
    EXPECT_TRUE(Expand(data, piece) == one + other) << piece;
  // What follows and is no member is passed over, as gzip does.
  EXPECT_TRUE(Expand(data + std::string(1000, '\0'), 300) == one + other);
}

TEST(Decompressor, BrokenGzip) {
  const std::string data = Compress(SomeText(100'000), Compression::kGzip);
  for (const size_t piece : {size_t{1}, size_t{1000}, data.size()}) {
    for (const size_t cut : {size_t{1}, size_t{7}, size_t{8}, size_t{9}, data.size() / 2, data.size() - 11})
      EXPECT_THAT(Expand(data.substr(0, data.size() - cut), piece), HasSubstr("error: decompress")) << cut;
    std::string wrong_sum = data;
    wrong_sum[data.size() - 6] ^= 1;
    EXPECT_THAT(Expand(wrong_sum, piece), HasSubstr("error: decompress"));
  }
  // Every byte of it wrong once: an error or, where it is no part of the data (a time, a flag), the same text; never others.
  const std::string text = SomeText(2000), small = Compress(text, Compression::kGzip);
  for (size_t i = 0; i < small.size(); ++i) {
    std::string broken = small;
    broken[i] ^= 0x55;
    const std::string result = Expand(broken, 100);
    EXPECT_TRUE(result == text || result == broken || result.starts_with("error: ")) << i;
  }
}

TEST(Decompressor, ZerosMayGrowWhereTheyDoNoHarm) {
  const std::string zeros = Compress(std::string(8u << 20, '\0'), Compression::kGzip);
  EXPECT_EQ(Expand(zeros, zeros.size(), 8 << 20).size(), 8u << 20);
  EXPECT_THAT(Expand(zeros, zeros.size(), 4 << 20), HasSubstr("made to fill the disk"));
  // What grows as usual may become as large as it likes.
  const std::string text = SomeText(1 << 20);
  EXPECT_TRUE(Expand(Compress(text, Compression::kGzip), 4096, 1000) == text);
}

}  // namespace
}  // namespace skiff::image
