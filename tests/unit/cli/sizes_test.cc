#include "cli/notation/sizes.h"

#include <gtest/gtest.h>

#include <csignal>

namespace skiff::cli {
namespace {

TEST(Sizes, Bytes) {
  EXPECT_EQ(*ParseBytes("512"), 512);
  EXPECT_EQ(*ParseBytes("512b"), 512);
  EXPECT_EQ(*ParseBytes("64m"), 64 << 20);
  EXPECT_EQ(*ParseBytes("64M"), 64 << 20);
  EXPECT_EQ(*ParseBytes("1.5g"), 3LL << 29);
  EXPECT_EQ(*ParseBytes("2KiB"), 2048);
  EXPECT_EQ(*ParseBytes("2mb"), 2 << 20);
  for (const char* wrong : {"", "m", "-5", "5x", "5mm", "1e30g", "5 m"})
    EXPECT_FALSE(ParseBytes(wrong)) << wrong;
}

TEST(Sizes, Cpus) {
  EXPECT_EQ(*ParseCpusToQuota("0.5"), 50'000);
  EXPECT_EQ(*ParseCpusToQuota("2"), 200'000);
  EXPECT_EQ(*ParseCpusToQuota("0"), 0);
  for (const char* wrong : {"", "0.001", "-1", "two", "1.5x"}) EXPECT_FALSE(ParseCpusToQuota(wrong)) << wrong;
}

TEST(Sizes, Signals) {
  EXPECT_EQ(*ParseSignal("9"), SIGKILL);
  EXPECT_EQ(*ParseSignal("SIGTERM"), SIGTERM);
  EXPECT_EQ(*ParseSignal("hup"), SIGHUP);
  EXPECT_EQ(*ParseSignal("RTMIN+1"), SIGRTMIN + 1);
  for (const char* wrong : {"", "0", "NOPE", "999"}) EXPECT_FALSE(ParseSignal(wrong)) << wrong;
  EXPECT_EQ(SignalName(SIGUSR1), "SIGUSR1");
}

}  // namespace
}  // namespace skiff::cli
