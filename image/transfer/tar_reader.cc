#include "image/transfer/tar_reader.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "image/transfer/pax.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int64_t kTrailerLimit = int64_t{16} << 20;  // tar itself pads to 10 KiB
constexpr int64_t kBlockSize = 512;
constexpr int64_t kSpecialLimit = 1 << 20;  // of a long name or pax header, as other readers have it
constexpr std::string_view kXattrPrefix = "SCHILY.xattr.";

struct Field {
  size_t offset, length;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kMtime{136, 12},
    kChecksum{148, 8}, kLinkName{157, 100}, kMajor{329, 8}, kMinor{337, 8}, kPrefix{345, 155};
constexpr size_t kTypeOffset = 156, kMagicOffset = 257;

template <typename Block>
std::string_view Bytes(const Block& block, Field field) {
  return {block.data() + field.offset, field.length};
}

template <typename Block>
std::string Text(const Block& block, Field field) {
  const std::string_view bytes = Bytes(block, field);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

// Octal digits between blanks and NULs, or base 256 when the first bit is set (GNU); nothing if neither.
std::optional<int64_t> Number(std::string_view bytes) {
  if ((bytes.front() & 0x80) != 0) {
    const bool negative = (bytes.front() & 0x40) != 0;
    uint64_t value = negative ? ~uint64_t{0} : 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      auto byte = static_cast<uint8_t>(bytes[i]);
      if (i == 0) byte = static_cast<uint8_t>(negative ? byte | 0x80 : byte & 0x7f);
      if ((value >> 56) != (negative ? 0xffu : 0u)) return std::nullopt;
      value = value << 8 | byte;
    }
    return static_cast<int64_t>(value);
  }
  while (!bytes.empty() && (bytes.front() == ' ' || bytes.front() == '\0')) bytes.remove_prefix(1);
  bytes = bytes.substr(0, std::min(bytes.find('\0'), bytes.find(' ')));
  int64_t value = 0;
  for (const char c : bytes) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + (c - '0');
  }
  return value;
}

template <typename Block>
bool ChecksumMatches(const Block& block) {
  const auto wanted = Number(Bytes(block, kChecksum));
  int64_t as_unsigned = 0, as_signed = 0;  // old writers summed signed characters
  for (size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.length;
    as_unsigned += own ? ' ' : static_cast<uint8_t>(block[i]);
    as_signed += own ? ' ' : static_cast<int8_t>(block[i]);
  }
  return wanted && (*wanted == as_unsigned || *wanted == as_signed);
}

std::optional<TarEntry::Type> TypeOf(char flag, std::string_view name) {
  using Type = TarEntry::Type;
  switch (flag) {
    case '\0': return !name.empty() && name.back() == '/' ? Type::kDirectory : Type::kFile;
    case '0':
    case '7': return Type::kFile;
    case '1': return Type::kHardLink;
    case '2': return Type::kSymlink;
    case '3': return Type::kCharDevice;
    case '4': return Type::kBlockDevice;
    case '5': return Type::kDirectory;
    case '6': return Type::kFifo;
    default: return std::nullopt;
  }
}

bool FitsId(std::optional<int64_t> value) {
  // The last value means "unchanged" to chown(2).
  return value && *value >= 0 && *value < std::numeric_limits<uint32_t>::max();
}

}  // namespace

// What headers before an entry's own say about it.
struct TarReader::Extensions {
  std::map<std::string, std::string> pax;
  std::optional<std::string> long_name, long_link;

  const std::string* Find(const char* key) const {
    const auto record = pax.find(key);
    return record == pax.end() || record->second.empty() ? nullptr : &record->second;
  }
};

common::Error TarReader::Broken(std::string_view why) const {
  return MakeError(ErrorCode::kInvalid, "not a valid tar archive: {} (at byte {})", why, position_);
}

Result<std::string_view> TarReader::Take(int64_t limit) {
  if (chunk_.empty()) {
    ASSIGN_OR_RETURN(chunk_, source_.Next());
  }
  const std::string_view taken = chunk_.substr(0, static_cast<size_t>(std::min<int64_t>(limit, static_cast<int64_t>(chunk_.size()))));
  chunk_.remove_prefix(taken.size());
  position_ += static_cast<int64_t>(taken.size());
  return taken;
}

// False when the stream ended before the block.
Result<bool> TarReader::ReadBlock(Block& block) {
  size_t filled = 0;
  while (filled < block.size()) {
    ASSIGN_OR_RETURN(const std::string_view part, Take(static_cast<int64_t>(block.size() - filled)));
    if (part.empty() && filled == 0) return false;
    if (part.empty()) return Broken("it ends inside a header");
    std::memcpy(block.data() + filled, part.data(), part.size());
    filled += part.size();
  }
  if (sink_ != nullptr) TRY(sink_->OnRaw({block.data(), block.size()}));
  return true;
}

Result<> TarReader::ReadPadding(int64_t size) {
  while (size > 0) {
    ASSIGN_OR_RETURN(const std::string_view part, Take(size));
    // The last file's padding may be missing.
    if (part.empty()) return {};
    if (sink_ != nullptr) TRY(sink_->OnRaw(part));
    size -= static_cast<int64_t>(part.size());
  }
  return {};
}

Result<std::string> TarReader::ReadSpecial(int64_t size) {
  if (size < 0 || size > kSpecialLimit) return Broken(fmt::format("a long name or pax header of {} bytes", size));
  std::string content;
  while (static_cast<int64_t>(content.size()) < size) {
    ASSIGN_OR_RETURN(const std::string_view part, Take(size - static_cast<int64_t>(content.size())));
    if (part.empty()) return Broken("it ends inside a long name or pax header");
    if (sink_ != nullptr) TRY(sink_->OnRaw(part));
    content += part;
  }
  TRY(ReadPadding((kBlockSize - size % kBlockSize) % kBlockSize));
  return content;
}

Result<> TarReader::SkipContent() {
  // What is in the chunk has been read anyway.
  while (content_left_ > 0) {
    if (chunk_.empty()) {
      ASSIGN_OR_RETURN(const int64_t skipped, source_.TrySkip(content_left_));
      position_ += skipped;
      content_left_ -= skipped;
      if (content_left_ == 0) break;
    }
    TRY(ReadContent());
  }
  TRY(ReadPadding(std::exchange(padding_, 0)));
  return {};
}

Result<bool> TarReader::Next(TarEntry& entry) {
  TRY(SkipContent());
  Extensions extensions;
  while (true) {
    Block block;
    ASSIGN_OR_RETURN(const bool more, ReadBlock(block));
    if (!more) return false;
    const auto is_zero = [&] { return std::all_of(block.begin(), block.end(), [](char c) { return c == 0; }); };
    if (is_zero()) {
      ASSIGN_OR_RETURN(const bool second, ReadBlock(block));
      if (second && !is_zero()) return Broken("data follow a single block of zeros");
      return false;
    }
    if (!ChecksumMatches(block)) return Broken("a header's checksum is wrong");
    const char flag = block[kTypeOffset];
    const int64_t size = Number(Bytes(block, kSize)).value_or(-1);
    if (flag == 'x') {
      ASSIGN_OR_RETURN(const std::string text, ReadSpecial(size));
      ASSIGN_OR_RETURN(extensions.pax, ParsePaxRecords(text));
    } else if (flag == 'g') {
      // Global records describe the archive (git puts a commit there); podman does not apply them either.
      TRY(ReadSpecial(size));
    } else if (flag == 'L' || flag == 'K') {
      ASSIGN_OR_RETURN(std::string text, ReadSpecial(size));
      (flag == 'L' ? extensions.long_name : extensions.long_link) = text.substr(0, text.find('\0'));
    } else {
      TRY(Decode(block, extensions, entry));
      content_left_ = entry.size;
      padding_ = (kBlockSize - entry.size % kBlockSize) % kBlockSize;
      content_offset_ = position_;
      return true;
    }
  }
}

Result<> TarReader::Decode(const Block& block, const Extensions& extensions, TarEntry& entry) {
  entry = TarEntry();
  entry.name = Text(block, kName);
  const std::string prefix = Text(block, kPrefix);
  // GNU's "ustar  " keeps other things where POSIX has the prefix.
  if (std::string_view(block.data() + kMagicOffset, 6) == std::string_view("ustar\0", 6) && !prefix.empty())
    entry.name = prefix + "/" + entry.name;
  entry.link_name = Text(block, kLinkName);
  if (extensions.long_name) entry.name = *extensions.long_name;
  if (extensions.long_link) entry.link_name = *extensions.long_link;
  if (const auto* path = extensions.Find("path")) entry.name = *path;
  if (const auto* path = extensions.Find("linkpath")) entry.link_name = *path;
  if (entry.name.empty() || entry.name.find('\0') != std::string::npos || entry.link_name.find('\0') != std::string::npos)
    return Broken("an entry's name is empty or holds a NUL");

  const auto type = TypeOf(block[kTypeOffset], entry.name);
  const bool sparse = std::any_of(extensions.pax.begin(), extensions.pax.end(),
                                  [](const auto& record) { return record.first.rfind("GNU.sparse.", 0) == 0; });
  if (sparse || block[kTypeOffset] == 'S')
    return MakeError(ErrorCode::kUnsupported, "\"{}\" is stored as a sparse file; make the archive without --sparse", entry.name);
  if (!type) return Broken(fmt::format("\"{}\" is of the unknown type {:#x}", entry.name, block[kTypeOffset]));
  entry.type = *type;

  const auto number = [&](Field field, const char* pax_key) {
    const std::string* text = pax_key != nullptr ? extensions.Find(pax_key) : nullptr;
    return text != nullptr ? ParsePaxInteger(*text) : Number(Bytes(block, field));
  };
  const auto size = number(kSize, "size"), uid = number(kUid, "uid"), gid = number(kGid, "gid");
  const auto mode = number(kMode, nullptr), mtime = number(kMtime, nullptr);
  if (!size || *size < 0 || *size > std::numeric_limits<int64_t>::max() / 2 || !FitsId(uid) || !FitsId(gid) || !mode || !mtime)
    return Broken(fmt::format("size, owner, mode or time of \"{}\" is not a valid number", entry.name));
  entry.size = entry.type == TarEntry::Type::kFile ? *size : 0;
  entry.uid = static_cast<uint32_t>(*uid);
  entry.gid = static_cast<uint32_t>(*gid);
  entry.mode = static_cast<uint32_t>(*mode) & 07777;
  entry.mtime = {static_cast<time_t>(*mtime), 0};
  if (const auto* text = extensions.Find("mtime")) {
    const auto exact = ParsePaxTime(*text);
    if (!exact) return Broken(fmt::format("the time of \"{}\" is not a number", entry.name));
    entry.mtime = *exact;
  }
  if (entry.type == TarEntry::Type::kCharDevice || entry.type == TarEntry::Type::kBlockDevice) {
    const auto major = number(kMajor, nullptr), minor = number(kMinor, nullptr);
    if (!FitsId(major) || !FitsId(minor)) return Broken(fmt::format("the device number of \"{}\" is not valid", entry.name));
    entry.device_major = static_cast<uint32_t>(*major);
    entry.device_minor = static_cast<uint32_t>(*minor);
  }
  for (const auto& [key, value] : extensions.pax)
    if (key.rfind(kXattrPrefix, 0) == 0) entry.xattrs[key.substr(kXattrPrefix.size())] = value;
  return {};
}

Result<std::string_view> TarReader::ReadContent() {
  if (content_left_ == 0) return std::string_view();
  ASSIGN_OR_RETURN(const std::string_view part, Take(content_left_));
  if (part.empty()) return Broken("it ends inside a file");
  content_left_ -= static_cast<int64_t>(part.size());
  return part;
}

Result<> TarReader::ReadTrailer() {
  int64_t length = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view part, Take(std::numeric_limits<int64_t>::max()));
    if (part.empty()) return {};
    length += static_cast<int64_t>(part.size());
    if (length > kTrailerLimit)
      return MakeError(ErrorCode::kInvalid, "the tar goes on for more than {} MiB after its end: it is made to keep us busy", kTrailerLimit >> 20);
    if (sink_ != nullptr) TRY(sink_->OnRaw(part));
  }
}

}  // namespace skiff::image
