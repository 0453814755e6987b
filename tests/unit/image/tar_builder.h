// Tar archives for tests, also such as no tar program would write.
#pragma once

#include <unistd.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "image/transfer/byte_source.h"

namespace skiff::image {

struct TarSpec {
  char type = '0';
  std::string name;
  std::string content;
  std::string link;
  unsigned mode = 0644;
  int64_t size = -1;  // -1: the content's
  int64_t mtime = 1700000000;
  unsigned major = 0, minor = 0;
  std::map<std::string, std::string> pax;
};

class TarBuilder {
 public:
  TarBuilder& Add(const TarSpec& spec) {
    if (!spec.pax.empty()) {
      std::string records;
      for (const auto& [key, value] : spec.pax) records += PaxRecord(key, value);
      AddRaw(Header({'x', "pax", "", "", 0644, static_cast<int64_t>(records.size())}));
      AddPadded(records);
    }
    const int64_t size = spec.size >= 0 ? spec.size : static_cast<int64_t>(spec.content.size());
    TarSpec copy = spec;
    copy.size = size;
    AddRaw(Header(copy));
    AddPadded(spec.content);
    return *this;
  }
  TarBuilder& File(const std::string& name, const std::string& content, unsigned mode = 0644) {
    return Add({'0', name, content, "", mode});
  }
  TarBuilder& Directory(const std::string& name, unsigned mode = 0755) { return Add({'5', name, "", "", mode}); }
  TarBuilder& Symlink(const std::string& name, const std::string& target) { return Add({'2', name, "", target, 0777}); }
  TarBuilder& HardLink(const std::string& name, const std::string& target, unsigned mode = 0644) {
    return Add({'1', name, "", target, mode});
  }
  TarBuilder& LongName(const std::string& name) {
    AddRaw(Header({'L', "././@LongLink", "", "", 0644, static_cast<int64_t>(name.size() + 1)}));
    AddPadded(name + '\0');
    return *this;
  }
  TarBuilder& AddRaw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }

  const std::string& Unfinished() const { return bytes_; }
  std::string Finish() const { return bytes_ + std::string(1024, '\0'); }

  static std::string Header(const TarSpec& spec) {
    std::string block(512, '\0');
    const auto put = [&](size_t offset, const std::string& text) { std::memcpy(block.data() + offset, text.data(), text.size()); };
    const auto octal = [&](size_t offset, int width, int64_t value) { put(offset, fmt::format("{:0{}o}", value, width - 1)); };
    put(0, spec.name.substr(0, 100));
    octal(100, 8, spec.mode);
    octal(108, 8, ::getuid());
    octal(116, 8, ::getgid());
    octal(124, 12, std::max<int64_t>(0, spec.size));
    octal(136, 12, spec.mtime);
    block[156] = spec.type;
    put(157, spec.link.substr(0, 100));
    put(257, std::string("ustar\0" "00", 8));
    octal(329, 8, spec.major);
    octal(337, 8, spec.minor);
    Seal(block);
    return block;
  }
  static void Seal(std::string& block) {
    std::memset(block.data() + 148, ' ', 8);
    int sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    const std::string text = fmt::format("{:06o}", sum);
    std::memcpy(block.data() + 148, text.data(), 6);
    block[154] = '\0';
  }

 private:
  static std::string PaxRecord(const std::string& key, const std::string& value) {
    const size_t rest = key.size() + value.size() + 3;
    size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) ++length;
    return fmt::format("{} {}={}\n", length, key, value);
  }
  void AddPadded(const std::string& content) {
    bytes_ += content;
    bytes_.append((512 - content.size() % 512) % 512, '\0');
  }

  std::string bytes_;
};

// Gives a text in small pieces, as a slow pipe would.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text, size_t piece = 700) : text_(std::move(text)), piece_(piece) {}
  common::Result<std::string_view> Next() override {
    const std::string_view part = std::string_view(text_).substr(position_, piece_);
    position_ += part.size();
    return part;
  }

 private:
  std::string text_;
  size_t piece_;
  size_t position_ = 0;
};

inline std::unique_ptr<ByteSource> FromText(std::string text, size_t piece = 700) {
  return std::make_unique<TextSource>(std::move(text), piece);
}

}  // namespace skiff::image
