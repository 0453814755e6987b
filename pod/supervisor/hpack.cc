#include "pod/supervisor/hpack.h"

#include <algorithm>
#include <array>

namespace skiff::supervisor {
namespace {

using namespace std::string_view_literals;

constexpr size_t kStaticEntries = 61;
constexpr size_t kMostEntries = 4096 / 32;  // an entry counts 32 bytes and more

// RFC 7541 appendix B: the code is canonical, so that the symbols of each length in order say it all. What has more than 15
// bits does not occur in a status text.
struct CodesOfLength {
  int bits;
  std::string_view symbols;
};
constexpr std::array kCodes = {
    CodesOfLength{5, "012aceiost"},
    CodesOfLength{6, " %-./3456789=A_bdfghlmnpru"},
    CodesOfLength{7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"},
    CodesOfLength{8, "&*,;XZ"},
    CodesOfLength{10, "!\"()?"},
    CodesOfLength{11, "'+|"},
    CodesOfLength{12, "#>"},
    CodesOfLength{13, "\0$@[]~"sv},
    CodesOfLength{14, "^}"},
    CodesOfLength{15, "<`{"},
};

// 5.1: an integer whose first byte has `bits` bits of it.
std::optional<size_t> TakeInteger(std::string_view& block, int bits) {
  if (block.empty()) return std::nullopt;
  const size_t limit = (size_t{1} << bits) - 1;
  size_t value = static_cast<uint8_t>(block[0]) & limit;
  block.remove_prefix(1);
  if (value < limit) return value;
  for (int shift = 0; !block.empty() && shift < 28; shift += 7) {
    const auto byte = static_cast<uint8_t>(block[0]);
    block.remove_prefix(1);
    value += static_cast<size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

// 5.2
std::optional<std::string> TakeString(std::string_view& block) {
  if (block.empty()) return std::nullopt;
  const bool huffman = (static_cast<uint8_t>(block[0]) & 0x80) != 0;
  const auto length = TakeInteger(block, 7);
  if (!length || *length > block.size()) return std::nullopt;
  const std::string_view bytes = block.substr(0, *length);
  block.remove_prefix(*length);
  if (huffman) return DecodeHuffman(bytes);
  return std::string(bytes);
}

}  // namespace

std::optional<std::string> DecodeHuffman(std::string_view bytes) {
  std::string text;
  uint32_t code = 0;
  int bits = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    code = (code << 1) | ((static_cast<uint8_t>(bytes[bit / 8]) >> (7 - bit % 8)) & 1u);
    ++bits;
    uint32_t first = 0;
    int length = 0;
    for (const CodesOfLength& codes : kCodes) {
      first <<= codes.bits - length;
      length = codes.bits;
      if (length == bits && code >= first && code - first < codes.symbols.size()) {
        text += codes.symbols[code - first];
        code = 0;
        bits = 0;
        break;
      }
      first += static_cast<uint32_t>(codes.symbols.size());
    }
    if (bits > 15) return std::nullopt;
  }
  // The rest is padding: up to seven ones.
  if (bits > 7 || code != (1u << bits) - 1) return std::nullopt;
  return text;
}

std::optional<std::vector<HpackDecoder::Field>> HpackDecoder::Decode(std::string_view block) {
  std::vector<Field> fields;
  while (!block.empty())
    if (!DecodeField(block, fields)) return std::nullopt;
  return fields;
}

bool HpackDecoder::DecodeField(std::string_view& block, std::vector<Field>& fields) {
  const auto first = static_cast<uint8_t>(block[0]);
  const bool indexed = (first & 0x80) != 0;              // 6.1
  const bool added = !indexed && (first & 0x40) != 0;    // 6.2.1
  const bool resized = !indexed && !added && (first & 0x20) != 0;  // 6.3
  const auto index = TakeInteger(block, indexed ? 7 : added ? 6 : resized ? 5 : 4);
  if (!index) return false;
  if (resized) return true;
  const size_t in_dynamic = *index > kStaticEntries ? *index - kStaticEntries : 0;
  if (in_dynamic > dynamic_.size()) return false;
  Field field;
  if (in_dynamic > 0) field = dynamic_[in_dynamic - 1];
  if (!indexed) {
    if (*index == 0) {
      auto name = TakeString(block);
      if (!name) return false;
      field.first = std::move(*name);
    }
    auto value = TakeString(block);
    if (!value) return false;
    field.second = std::move(*value);
    if (added) dynamic_.push_front(field);
    if (dynamic_.size() > kMostEntries) dynamic_.pop_back();
  }
  fields.push_back(std::move(field));
  return true;
}

}  // namespace skiff::supervisor
