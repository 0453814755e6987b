// HPACK (RFC 7541), the reading side, as far as the trailers of a gRPC call need it: names that come from the static table are
// left empty, as none of gRPC's own is in there.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff::supervisor {

class HpackDecoder {
 public:
  using Field = std::pair<std::string, std::string>;

  // The fields of one header block; blocks of a connection go through one decoder, in order. nullopt: not HPACK, or a
  // character that Huffman coding gives more than 15 bits.
  std::optional<std::vector<Field>> Decode(std::string_view block);

 private:
  bool DecodeField(std::string_view& block, std::vector<Field>& fields);

  std::deque<Field> dynamic_;  // the newest first
};

// nullopt: as above.
std::optional<std::string> DecodeHuffman(std::string_view bytes);

}  // namespace skiff::supervisor
