#include "pod/supervisor/hpack.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::string Bytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// The examples of RFC 7541, appendix C.
TEST(Hpack, Huffman) {
  EXPECT_EQ(DecodeHuffman(Bytes("f1e3c2e5f23a6ba0ab90f4ff")), "www.example.com");
  EXPECT_EQ(DecodeHuffman(Bytes("a8eb10649cbf")), "no-cache");
  EXPECT_EQ(DecodeHuffman(Bytes("25a849e95ba97d7f")), "custom-key");
  EXPECT_EQ(DecodeHuffman(Bytes("25a849e95bb8e8b4bf")), "custom-value");
  EXPECT_EQ(DecodeHuffman(Bytes("9d29ad171863c78f0b97c8e9ae82ae43d3")), "https://www.example.com");
  EXPECT_EQ(DecodeHuffman(""), "");
  EXPECT_FALSE(DecodeHuffman(Bytes("ffffff")));
  EXPECT_FALSE(DecodeHuffman(Bytes("00"))) << "padding consists of ones";
}

TEST(Hpack, FieldsOfAllKindsAndTheDynamicTable) {
  HpackDecoder decoder;
  // C.2.1: a literal with indexing and a new name; then the same by its index, and with another value.
  auto fields = decoder.Decode(Bytes("400a637573746f6d2d6b65790d637573746f6d2d686561646572"));
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("custom-key", "custom-header")));
  fields = decoder.Decode("\xbe" "\x88" "\x0f\x2f\x01v" "\x20");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("custom-key", "custom-header"), Pair("", ""), Pair("custom-key", "v")));
}

TEST(Hpack, RubbishIsRefused) {
  for (const std::string hex : {"40", "4005616263", "be", "ff", "ffffffffffffff", "00ff", "0003616263"})
    EXPECT_FALSE(HpackDecoder().Decode(Bytes(hex))) << hex;
}

}  // namespace
}  // namespace skiff::supervisor
