#include "common/clock.h"

#include <gtest/gtest.h>

namespace skiff::common {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Clock, ReadsWhatItWrites) {
  const auto time = ParseTime("2026-02-03T04:05:06.123456789Z");
  ASSERT_TRUE(time) << time.error().message();
  EXPECT_EQ(FormatTime(*time, true), "2026-02-03T04:05:06.123456789Z");
  EXPECT_EQ(FormatTime(*time), "2026-02-03T04:05:06Z");
}

TEST(Clock, OffsetsAreTurnedIntoUtc) {
  EXPECT_EQ(FormatTime(*ParseTime("2026-01-01T01:30:00.5+09:00"), true), "2025-12-31T16:30:00.500000000Z");
  EXPECT_EQ(FormatTime(*ParseTime("2026-01-01T01:30:00-01:30")), "2026-01-01T03:00:00Z");
}

TEST(Clock, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx"})
    EXPECT_FALSE(ParseTime(text)) << text;
}

TEST(Clock, AgesInWords) {
  EXPECT_EQ(HumanAgo(seconds(5)), "5 seconds ago");
  EXPECT_EQ(HumanAgo(seconds(61)), "About a minute ago");
  EXPECT_EQ(HumanAgo(hours(50)), "2 days ago");
  EXPECT_EQ(ShortAge(seconds(119)), "119s");
  EXPECT_EQ(ShortAge(minutes(3) + seconds(12)), "3m12s");
  EXPECT_EQ(ShortAge(minutes(12) + seconds(5)), "12m");
  EXPECT_EQ(ShortAge(hours(5)), "5h");
  EXPECT_EQ(ShortAge(hours(5) + minutes(20)), "5h20m");
  EXPECT_EQ(ShortAge(hours(9) + minutes(20)), "9h");
  EXPECT_EQ(ShortAge(hours(49)), "2d1h");
  EXPECT_EQ(ShortAge(hours(24 * 9 + 1)), "9d");
  EXPECT_EQ(ShortAge(hours(24 * 800)), "2y70d");
}

}  // namespace
}  // namespace skiff::common
