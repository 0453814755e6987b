#include "cli/rootless/id_map.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SubordinateIds, ByNameAndByNumber) {
  constexpr char kFile[] = "root:1:2\nann:100000:65536\n1000:300000:10\nbob:200000:65536\nann:500000:1\n";
  EXPECT_THAT(ParseSubordinateIds(kFile, "ann", 1000), ElementsAre(IdRange{100000, 65536}, IdRange{300000, 10}, IdRange{500000, 1}));
  EXPECT_THAT(ParseSubordinateIds(kFile, "eve", 1001), IsEmpty());
  // A user without a name has only what his number has.
  EXPECT_THAT(ParseSubordinateIds(kFile, "", 1000), ElementsAre(IdRange{300000, 10}));
}

TEST(SubordinateIds, LinesThatMakeNoSense) {
  constexpr char kFile[] = "ann\nann:1\nann:x:5\nann:1:\nann:1:0\nann:1:5 \n:1:5\n# ann:1:5\nann:7:8";
  EXPECT_THAT(ParseSubordinateIds(kFile, "ann", 5), ElementsAre(IdRange{7, 8}));
  EXPECT_THAT(ParseSubordinateIds("", "ann", 5), IsEmpty());
}

}  // namespace
}  // namespace skiff::cli
