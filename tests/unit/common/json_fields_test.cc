#include "common/json_fields.h"

#include <gtest/gtest.h>

namespace skiff::common {
namespace {

enum class Colour { kRed, kBlue };
std::string_view EnumName(Colour c) { return c == Colour::kRed ? "red" : "blue"; }
std::optional<Colour> EnumFromName(Colour*, std::string_view name) {
  if (name == "red") return Colour::kRed;
  if (name == "blue") return Colour::kBlue;
  return std::nullopt;
}

struct Inner {
  std::string label;
  Colour colour = Colour::kRed;
};
struct Outer {
  int32_t count = 7;
  std::vector<Inner> list;
  std::optional<std::vector<std::string>> words;
  std::map<std::string, std::string> map;
};
template <typename V>
void VisitFields(V& v, Inner& i) {
  v("label", i.label);
  v("colour", i.colour);
}
template <typename V>
void VisitFields(V& v, Outer& o) {
  v("count", o.count);
  v("list", o.list);
  v("words", o.words);
  v("map", o.map);
}

TEST(JsonFields, RoundTrip) {
  Outer outer;
  outer.count = 0;
  outer.list = {{"a", Colour::kBlue}, {"", Colour::kRed}};
  outer.words.emplace();
  outer.map = {{"k", "v"}};
  const std::string text = EncodeJson(outer);
  EXPECT_EQ(text, R"({"count":0,"list":[{"label":"a","colour":"blue"},{"colour":"red"}],"words":[],"map":{"k":"v"}})");
  const auto back = DecodeJson<Outer>(text, "outer");
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(EncodeJson(*back), text);
  EXPECT_TRUE(back->words.has_value()) << "an empty list is not an absent one";
}

TEST(JsonFields, AbsentMembersKeepTheirDefaultsAndUnknownOnesAreIgnored) {
  const auto outer = DecodeJson<Outer>(R"({"future":1})", "outer");
  ASSERT_TRUE(outer);
  EXPECT_EQ(outer->count, 7);
  EXPECT_FALSE(outer->words.has_value());
}

TEST(JsonFields, AWrongTypeIsNamedWithItsPath) {
  EXPECT_EQ(DecodeJson<Outer>(R"({"list":[{},{"colour":"green"}]})", "f.json").error().message(),
            "f.json.list[1].colour: not a known name");
  EXPECT_EQ(DecodeJson<Outer>(R"({"count":99999999999})", "f.json").error().message(),
            "f.json.count: not an integer in range");
  EXPECT_EQ(DecodeJson<Outer>("{\n\"count\" 1}", "f.json").error().message(),
            "f.json:2:9: not valid JSON: Missing a colon after a name of object member.");
}

}  // namespace
}  // namespace skiff::common
