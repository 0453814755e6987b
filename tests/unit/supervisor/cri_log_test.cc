#include "pod/supervisor/cri_log.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

const common::WallTime kTime = common::ParseTime("2026-01-02T03:04:05.000000006Z").value();

TEST(CriLog, CompleteLinesAreTakenAndTheRestStays) {
  std::string out;
  EXPECT_EQ(AppendCriLines(out, "stdout", kTime, "one\n\ntwo\nthr"), 9u);
  EXPECT_EQ(out,
            "2026-01-02T03:04:05.000000006Z stdout F one\n"
            "2026-01-02T03:04:05.000000006Z stdout F \n"
            "2026-01-02T03:04:05.000000006Z stdout F two\n");
}

TEST(CriLog, LongLinesAreSplit) {
  const std::string part(kCriLineLimit, 'x');
  std::string out;
  EXPECT_EQ(AppendCriLines(out, "stderr", kTime, part + part + "end\n"), 2 * kCriLineLimit + 4);
  const std::string stamp = "2026-01-02T03:04:05.000000006Z stderr ";
  EXPECT_EQ(out, stamp + "P " + part + "\n" + stamp + "P " + part + "\n" + stamp + "F end\n");
}

TEST(CriLog, ALineOfExactlyTheLimitIsWhole) {
  const std::string line(kCriLineLimit, 'x');
  std::string out;
  EXPECT_EQ(AppendCriLines(out, "stdout", kTime, line), 0u);  // the newline may still come
  EXPECT_EQ(out, "");
  EXPECT_EQ(AppendCriLines(out, "stdout", kTime, line + "\n"), kCriLineLimit + 1);
  EXPECT_EQ(out, "2026-01-02T03:04:05.000000006Z stdout F " + line + "\n");
}

TEST(CriLog, TheRestAtTheEndIsAPart) {
  std::string out;
  AppendCriRest(out, "stdout", kTime, "no newline");
  AppendCriRest(out, "stdout", kTime, "");
  EXPECT_EQ(out, "2026-01-02T03:04:05.000000006Z stdout P no newline\n");
}

}  // namespace
}  // namespace skiff::supervisor
