#include <gtest/gtest.h>

#include "cli/render/table.h"
#include "cli/render/units.h"

namespace skiff::cli {
namespace {

std::string Render(const char* rows, TableStyle style) {
  const auto parsed = common::ParseJson(rows, "rows");
  const auto text = RenderRows(*parsed, style);
  return text ? *text : "error: " + text.error().message();
}

constexpr char kRows[] =
    R"([{"ID": "0529aa43870b", "Name": "c1", "CreatedAt": "x"}, {"ID": "27", "Name": "a-long-name-here", "CreatedAt": ""}])";

TEST(Table, ColumnsAreAlignedAsPodmanDoes) {
  EXPECT_EQ(Render(kRows, {"table {{.ID}}\t{{.Name}}\t{{.CreatedAt}}", {{"ID", "CONTAINER ID"}}}),
            "CONTAINER ID  NAME              CREATED AT\n"
            "0529aa43870b  c1                x\n"
            "27            a-long-name-here  \n");
}

TEST(Table, SpacesBetweenFieldsSeparateColumnsToo) {
  EXPECT_EQ(Render(kRows, {"table {{.Name}} {{.ID}}", {}, false}),
            "c1                0529aa43870b\n"
            "a-long-name-here  27\n");
}

TEST(Table, PlainTemplates) {
  EXPECT_EQ(Render(kRows, {"{{.ID}} {{.Name}}"}), "0529aa43870b c1\n27 a-long-name-here\n");
  EXPECT_EQ(Render(kRows, {"{{.Nope}}"}), "error: template: can't evaluate field Nope");
}

TEST(Table, HeadingsOfAnEmptyList) {
  EXPECT_EQ(Render("[]", {"table {{.ID}}\t{{.Name}}", {{"ID", "POD ID"}, {"Name", "NAME"}}}),
            "POD ID      NAME\n");
}

TEST(Units, Sizes) {
  EXPECT_EQ(HumanSize(0), "0 B");
  EXPECT_EQ(HumanSize(999), "999 B");
  EXPECT_EQ(HumanSize(702590), "703 kB");
  EXPECT_EQ(HumanSize(2131090), "2.13 MB");
  EXPECT_EQ(HumanSize(77'800'000), "77.8 MB");
}

TEST(Units, Times) {
  EXPECT_EQ(UnixSeconds("2024-01-01T00:00:00Z"), 1704067200);
  EXPECT_EQ(UnixSeconds(""), -62135596800);
  EXPECT_EQ(TimeOrZero(""), "0001-01-01T00:00:00Z");
  EXPECT_EQ(HumanSince(""), "");
}

}  // namespace
}  // namespace skiff::cli
