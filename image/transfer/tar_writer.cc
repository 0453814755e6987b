#include "image/transfer/tar_writer.h"

#include <cstring>

namespace skiff::image {
namespace {

constexpr size_t kBlockSize = 512;
constexpr size_t kNameLength = 100;
constexpr int64_t kMaxId = 07777777;          // seven octal digits
constexpr int64_t kMaxSize = 077777777777;    // eleven

char TypeFlag(TarEntry::Type type) {
  using Type = TarEntry::Type;
  switch (type) {
    case Type::kFile: return '0';
    case Type::kHardLink: return '1';
    case Type::kSymlink: return '2';
    case Type::kCharDevice: return '3';
    case Type::kBlockDevice: return '4';
    case Type::kDirectory: return '5';
    case Type::kFifo: return '6';
  }
  return '0';
}

// The record's length counts its own digits.
std::string PaxRecord(const std::string& key, const std::string& value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) ++length;
  return fmt::format("{} {}={}\n", length, key, value);
}

class Block {
 public:
  void Text(size_t offset, size_t length, const std::string& text) {
    std::memcpy(bytes_.data() + offset, text.data(), std::min(text.size(), length));
  }
  // `width` counts the NUL at the end.
  void Octal(size_t offset, size_t width, int64_t value) { Text(offset, width, fmt::format("{:0{}o}", value, width - 1)); }

  std::string Sealed() {
    std::memset(bytes_.data() + 148, ' ', 8);
    unsigned sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    Text(148, 7, fmt::format("{:06o}", sum));
    bytes_[154] = '\0';
    return bytes_;
  }

 private:
  std::string bytes_ = std::string(kBlockSize, '\0');
};

std::string UstarHeader(const TarEntry& entry, char type, int64_t size) {
  const auto fitting = [](int64_t value, int64_t most) { return value < 0 || value > most ? 0 : value; };
  Block block;
  block.Text(0, kNameLength, entry.name);
  block.Octal(100, 8, entry.mode & 07777);
  block.Octal(108, 8, fitting(entry.uid, kMaxId));
  block.Octal(116, 8, fitting(entry.gid, kMaxId));
  block.Octal(124, 12, fitting(size, kMaxSize));
  block.Octal(136, 12, fitting(entry.mtime.tv_sec, kMaxSize));
  block.Text(156, 1, std::string(1, type));
  block.Text(157, kNameLength, entry.link_name);
  block.Text(257, 8, std::string("ustar\0" "00", 8));
  block.Octal(329, 8, fitting(entry.device_major, kMaxId));
  block.Octal(337, 8, fitting(entry.device_minor, kMaxId));
  return block.Sealed();
}

std::string PaxRecords(const TarEntry& entry, int64_t size) {
  std::string records;
  if (entry.name.size() > kNameLength) records += PaxRecord("path", entry.name);
  if (entry.link_name.size() > kNameLength) records += PaxRecord("linkpath", entry.link_name);
  if (size > kMaxSize) records += PaxRecord("size", std::to_string(size));
  if (entry.uid > kMaxId) records += PaxRecord("uid", std::to_string(entry.uid));
  if (entry.gid > kMaxId) records += PaxRecord("gid", std::to_string(entry.gid));
  if (entry.mtime.tv_sec < 0 || entry.mtime.tv_sec > kMaxSize) records += PaxRecord("mtime", std::to_string(entry.mtime.tv_sec));
  for (const auto& [name, value] : entry.xattrs) records += PaxRecord("SCHILY.xattr." + name, value);
  return records;
}

}  // namespace

std::string TarHeader(const TarEntry& entry) {
  const int64_t size = entry.type == TarEntry::Type::kFile ? entry.size : 0;
  const std::string records = PaxRecords(entry, size);
  std::string header;
  if (!records.empty()) {
    TarEntry pax;
    pax.name = "PaxHeaders.0/" + entry.name.substr(0, kNameLength - 13);
    pax.mode = 0644;
    pax.mtime = {0, 0};
    const auto length = static_cast<int64_t>(records.size());
    header = UstarHeader(pax, 'x', length) + records + TarPadding(length);
  }
  return header + UstarHeader(entry, TypeFlag(entry.type), size);
}

std::string TarPadding(int64_t size) { return std::string((kBlockSize - static_cast<size_t>(size) % kBlockSize) % kBlockSize, '\0'); }

std::string TarEnd() { return std::string(2 * kBlockSize, '\0'); }

}  // namespace skiff::image
