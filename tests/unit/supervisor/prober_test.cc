#include "pod/supervisor/prober.h"

#include <gtest/gtest.h>

namespace skiff::supervisor {
namespace {

TEST(ProbeCounter, AnOpinionNeedsARowOfEqualResults) {
  ProbeCounter counter({.success_threshold = 2, .failure_threshold = 3});
  EXPECT_EQ(counter.Add(true), std::nullopt);
  EXPECT_EQ(counter.Add(true), true);
  EXPECT_EQ(counter.Add(false), std::nullopt);
  EXPECT_EQ(counter.Add(false), std::nullopt);
  EXPECT_EQ(counter.failures(), 2);
  EXPECT_EQ(counter.Add(true), std::nullopt) << "starts the row of failures anew";
  EXPECT_EQ(counter.failures(), 0);
  EXPECT_EQ(counter.Add(false), std::nullopt);
  EXPECT_EQ(counter.Add(false), std::nullopt);
  EXPECT_EQ(counter.Add(false), false);
  EXPECT_EQ(counter.Add(false), false) << "it stays as it is";
}

TEST(ProbeCounter, FirstFailureCounts) {
  ProbeCounter counter({.success_threshold = 1, .failure_threshold = 1});
  EXPECT_EQ(counter.Add(false), false);
  EXPECT_EQ(counter.Add(true), true);
}

}  // namespace
}  // namespace skiff::supervisor
